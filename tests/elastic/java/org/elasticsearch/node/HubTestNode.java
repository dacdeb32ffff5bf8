package org.elasticsearch.node;

import java.util.List;

import org.elasticsearch.cluster.service.ClusterService;
import org.elasticsearch.env.Environment;
import org.elasticsearch.plugins.HubTestPlugins;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.plugins.PluginsLoader;
import org.elasticsearch.plugins.PluginsService;

/** A node with plugins from the class path. */
final class HubTestNode extends Node {
    HubTestNode(Environment environment, List<Class<? extends Plugin>> plugins) {
        super(NodeConstruction.prepareConstruction(environment, HubTestPlugins.emptyLoader(), new NodeServiceProvider() {
            @Override
            PluginsService newPluginService(Environment e, PluginsLoader loader) {
                return new HubTestPlugins(e.settings(), loader, plugins);
            }
        }, true));
    }

    /** The names would go into the logger of the distribution, which is not configured here. */
    @Override
    protected void configureNodeAndClusterIdStateListener(ClusterService clusterService) {}
}
