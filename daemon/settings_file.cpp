#include "settings_file.h"

#include <ostream>
#include <string_view>

namespace linkup::daemon {

namespace {

constexpr std::size_t kWidth = 100;

std::string_view section(std::string_view key) {
    return key.substr(0, key.find('.'));
}

std::string sentence(const std::string& help) {
    return help.empty() || help.ends_with('.') ? help : help + ".";
}

void printEntry(const DeclaredOption& option, std::ostream& out) {
    out << "# " << sentence(option.help) << " (" << formOf(option) << ")\n#" << option.key << " ="
        << (option.fallback.empty() ? "" : " ") << option.fallback << '\n';
}

/// Words in lines that begin with `indent` and end before kWidth; a longer word has a line of its own.
void printWrapped(std::string_view text, std::string_view indent, std::ostream& out) {
    std::size_t used = 0;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (used > 0 && used + 1 + word.size() > kWidth) {
            out << '\n';
            used = 0;
        }
        out << (used == 0 ? indent : " ") << word;
        used += word.size() + (used == 0 ? indent.size() : 1);
    }
    out << '\n';
}

}  // namespace

OptionGroup daemonOptionGroup() {
    OptionGroup group{"linkupd", {}, {}};
    for (const Option& option : daemonOptions()) group.options.push_back(describe(option));
    return group;
}

void printConfigurationFile(std::ostream& out) {
    out << "# linkupd: every option of the daemon with its default. `linkupd --defaults` prints this file.\n"
           "# A plugin has its own in plugins.d/NAME.properties beside this file, read if the plugin is "
           "enabled.\n"
           "# Later wins: default, this file, plugins.d, environment (server.port is LINKUP_SERVER_PORT), -D "
           "key=value.\n"
           "# SIGHUP reads all of it again; what is marked `live` takes effect then, the rest at the next "
           "start.\n";
    std::string_view present;
    const OptionGroup daemon = daemonOptionGroup();
    for (const DeclaredOption& option : daemon.options) {
        if (section(option.key) != present) out << '\n';
        present = section(option.key);
        printEntry(option, out);
    }
}

void printPluginFile(const OptionGroup& plugin, std::ostream& out) {
    out << "# Every option of the plugin " << plugin.owner
        << " with its default. `linkupd --defaults=" << plugin.owner << "` prints this file.\n";
    for (const DeclaredOption& option : plugin.options) {
        out << '\n';
        printEntry(option, out);
    }
}

void printOptionHelp(std::span<const OptionGroup> groups, std::ostream& out) {
    out << "Options of the configuration: each stands in a file or in the environment, or is given as -D "
           "key=value.\n"
           "SIGHUP reads them again; a live one takes effect then, the others at the next start.\n";
    for (const OptionGroup& group : groups) {
        out << '\n' << (group.summary.empty() ? group.owner : "plugin " + group.owner);
        if (!group.summary.empty()) out << ": " << group.summary;
        out << '\n';
        for (const DeclaredOption& option : group.options) {
            out << "\n  " << option.key << " = " << option.fallback << '\n';
            printWrapped(formOf(option) + (option.live ? "" : "; needs a restart"), "      ", out);
            printWrapped(sentence(option.help), "      ", out);
        }
    }
}

}  // namespace linkup::daemon
