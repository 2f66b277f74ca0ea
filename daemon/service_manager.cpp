#include "service_manager.h"

#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include <ctime>
#include <string>

#include "linkup/sdk/error.h"

namespace linkup::daemon::service_manager {

namespace {

constexpr int kFeedsEach = 4;

}  // namespace

std::optional<int> takeListener() {
    const int count = sd_listen_fds(1);
    if (count <= 0) return std::nullopt;
    if (count > 1) {
        throw sdk::Error(
            sdk::ErrorCode::kInvalidArgument,
            "the service manager handed over " + std::to_string(count) + " sockets; expected is one");
    }
    constexpr int kListens = 1;
    const int handle = SD_LISTEN_FDS_START;
    if (sd_is_socket(handle, AF_INET, SOCK_STREAM, kListens) <= 0 &&
        sd_is_socket(handle, AF_INET6, SOCK_STREAM, kListens) <= 0) {
        throw sdk::Error(sdk::ErrorCode::kInvalidArgument,
                         "the service manager handed over something that is no listening TCP socket");
    }
    return handle;
}

std::optional<std::chrono::milliseconds> takeWatchdogInterval() {
    std::uint64_t allowed_us = 0;
    if (sd_watchdog_enabled(1, &allowed_us) <= 0) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::microseconds(allowed_us)) /
           kFeedsEach;
}

void ready() {
    sd_notify(0, "READY=1");
}

void reloading() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    const auto since = std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(since).count();
    sd_notify(0, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds)).c_str());
}

void stopping() {
    sd_notify(0, "STOPPING=1");
}

void feed() {
    sd_notify(0, "WATCHDOG=1");
}

}  // namespace linkup::daemon::service_manager
