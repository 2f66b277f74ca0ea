#include "manual.h"

#include <Poco/Util/Option.h>

#include <ostream>
#include <string>
#include <string_view>

#include "version.h"

namespace linkup::daemon {

namespace {

/// As troff prints it as it stands.
std::string escaped(std::string_view text) {
    std::string result;
    // A dot or an apostrophe at the beginning of a line would be a request.
    if (text.starts_with('.') || text.starts_with('\'')) result = "\\&";
    for (const char c : text) {
        if (c == '\\') {
            result += "\\e";
        } else if (c == '-') {
            result += "\\-";
        } else if (c == '\n') {
            result += ' ';
        } else {
            result += c;
        }
    }
    return result;
}

constexpr const char* kBegin = R"(.SH NAME
linkupd \- modular server for meeting people
.SH SYNOPSIS
.B linkupd
.RI [ OPTION ...]
.br
.B linkupd plugin check
.I FILE
.SH DESCRIPTION
.B linkupd
serves the plugins that its configuration names.
Without a command it serves until SIGTERM; each command does its work and ends.
.PP
.B linkupd plugin check
looks at one plugin in a process of its own: what its file says, whether it loads, and what it would register.
.SH COMMAND LINE
)";

constexpr const char* kSources = R"(.SH CONFIGURATION
The configuration consists of options, each a key and a value.
A value is looked up in these places, of which the later wins: the default, the file given with
.BR \-\-config ,
the file
.I plugins.d/NAME.properties
beside it for each enabled plugin, the environment
.RB ( server.port
is
.BR LINKUP_SERVER_PORT ),
and
.B \-D
on the command line.
A key that nobody knows, or a value that is not allowed, fails the start.
)";

constexpr const char* kEnd = R"(.SH SIGNALS
.TP
.B SIGHUP
Reads the configuration again.
If anything in it is wrong, nothing changes.
Else what is marked live takes effect, and the log says of each other changed option that it needs a restart.
.TP
.BR SIGTERM ", " SIGINT ", " SIGQUIT
Drains and ends: first
.I /readyz
says no for
.BR server.shutdown_delay_ms ;
then new requests are sent away, sockets are told and closed over
.BR server.drain_ms .
While it still starts, it ends after the step that it is at.
.SH EXIT STATUS
.TP
.B 0
Everything went well.
.TP
.B 64
The command line is wrong.
.TP
.B 67
No account has the address.
.TP
.B 69
The database, Redis or the port is not to be had.
.TP
.B 70
An internal error.
.TP
.B 77
A plugin does not allow it, and says why.
.TP
.B 78
The configuration or a plugin is wrong; the message says where, what was found and what is allowed.
.SH FILES
.TP
.I /etc/linkup/linkupd.properties
The configuration, where the package is installed.
.TP
.I /etc/linkup/plugins.d/
A file of options for each plugin.
)";

void printCommand(const Poco::Util::Option& option, std::ostream& out) {
    const std::string argument = option.takesArgument() ? escaped(option.argumentName()) : "";
    out << ".TP\n\\fB";
    if (!option.shortName().empty()) out << "\\-" << option.shortName();
    if (!option.shortName().empty()) out << "\\fR \\fI" << argument << "\\fR, \\fB";
    out << "\\-\\-" << escaped(option.fullName()) << "\\fR";
    if (!argument.empty())
        out << (option.argumentRequired() ? "=\\fI" + argument + "\\fR" : "[=\\fI" + argument + "\\fR]");
    out << '\n' << escaped(option.description()) << '\n';
}

void printOption(const DeclaredOption& option, std::ostream& out) {
    out << ".TP\n.B " << escaped(option.key) << '\n' << escaped(option.help) << "\n.br\n";
    out << escaped(formOf(option) + (option.live ? "" : "; needs a restart")) << "; ";
    out << (option.fallback.empty() ? "empty by default" : "default: " + escaped(option.fallback)) << '\n';
}

}  // namespace

void printManual(const Poco::Util::OptionSet& command_line, std::span<const OptionGroup> groups,
                 std::ostream& out) {
    out << ".\\\" Made by `linkupd --man`.\n.TH LINKUPD 8 " << kReleased << " \"linkupd " << kVersion
        << "\" \"System administration\"\n"
        << kBegin;
    for (const Poco::Util::Option& option : command_line) printCommand(option, out);
    out << kSources;
    for (const OptionGroup& group : groups) {
        out << ".SS " << (group.summary.empty() ? "The daemon" : "Plugin " + escaped(group.owner)) << '\n';
        if (!group.summary.empty()) out << escaped(group.summary) << ".\n";
        for (const DeclaredOption& option : group.options) printOption(option, out);
    }
    out << kEnd;
}

}  // namespace linkup::daemon
