package org.elasticsearch.node;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.transport.netty4.Netty4Plugin;

/**
 * java ... HubTestMain HOME [setting=value ...]; makes the file HOME/ready when the node serves. A value with
 * commas is a list. The process ends when its standard input does: with its parent, however that ended.
 */
public final class HubTestMain {
    private HubTestMain() {}

    public static void main(String[] args) throws Exception {
        Path home = Path.of(args[0]).toAbsolutePath();
        LogConfigurator.configureESLogging();
        Thread parent = endWithParent();
        Node node = new HubTestNode(new Environment(settings(home, args), null), List.of(Netty4Plugin.class));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(node)));
        node.start();
        Files.createFile(home.resolve("ready"));
        parent.join();
    }

    private static Settings settings(Path home, String[] args) {
        Settings.Builder builder = Settings.builder()
            .put("path.home", home.toString())
            .put("path.repo", home.resolve("snapshots").toString())
            .put("cluster.name", "hub-test")
            .put("network.host", "127.0.0.1")
            .put("node.processors", 1)
            .put("indices.breaker.total.use_real_memory", false)
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            // Each look at the disk lifts the blocks that tests put on their indices.
            .put("cluster.info.update.interval", "1d");
        for (int i = 1; i < args.length; i++) {
            String[] pair = args[i].split("=", 2);
            if (pair[1].indexOf(',') >= 0) {
                builder.putList(pair[0], pair[1].split(","));
            } else {
                builder.put(pair[0], pair[1]);
            }
        }
        return builder.build();
    }

    private static Thread endWithParent() {
        Thread watch = new Thread(() -> {
            try {
                while (System.in.read() >= 0) {
                    // nothing is ever sent
                }
            } catch (IOException e) {
                // an input that cannot be read has ended, too
            }
            Runtime.getRuntime().halt(3);
        }, "parent");
        watch.setDaemon(true);
        watch.start();
        return watch;
    }

    private static void close(Node node) {
        try {
            node.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
