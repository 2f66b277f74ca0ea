#pragma once

#include <chrono>
#include <optional>

namespace linkup::daemon::service_manager {

// What systemd hands over and wants to be told (sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3)).
// Without it nothing is handed over, and what is told goes nowhere. Threading: any thread, but the first two
// from one: they take what they ask for out of the environment, so that no child process believes it is its
// own.

/// The listening TCP socket of a socket unit; the caller owns it.
/// Errors: sdk::Error{kInvalidArgument} if it is none, or if there are several.
std::optional<int> takeListener();
/// How often to call `feed`: four times in the time that the unit allows.
std::optional<std::chrono::milliseconds> takeWatchdogInterval();

/// The start or a reload is over.
void ready();
/// The configuration is read again; `ready` follows. As Type=notify-reload wants it.
void reloading();
void stopping();
void feed();

}  // namespace linkup::daemon::service_manager
