package org.elasticsearch.plugins;

import java.util.List;
import java.util.Map;
import java.util.Set;

import org.elasticsearch.Version;
import org.elasticsearch.common.settings.Settings;

/** Takes plugins from the class path; a distribution takes them from its folders. */
public final class HubTestPlugins extends PluginsService {
    private final List<LoadedPlugin> loaded;

    public HubTestPlugins(Settings settings, PluginsLoader loader, List<Class<? extends Plugin>> classes) {
        super(settings, null, loader);
        loaded = classes.stream().map(c -> load(c, settings)).toList();
        loadExtensions(loaded);
    }

    /** A loader that finds nothing in folders; without modules the server has none to export to, either. */
    public static PluginsLoader emptyLoader() {
        return PluginsLoader.createPluginsLoader(Set.of(), Set.of(), Map.of(), false);
    }

    @Override
    protected List<LoadedPlugin> plugins() {
        return loaded;
    }

    private static LoadedPlugin load(Class<? extends Plugin> c, Settings settings) {
        String java = Integer.toString(Runtime.version().feature());
        PluginDescriptor descriptor = new PluginDescriptor(
            c.getName(), "from the class path", "NA", Version.CURRENT.toString(), java, c.getName(), null,
            List.of(), false, false, false, false);
        return new LoadedPlugin(descriptor, loadPlugin(c, settings, null), c.getClassLoader());
    }
}
