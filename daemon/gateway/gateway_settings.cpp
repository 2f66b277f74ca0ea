#include "gateway_settings.h"

namespace linkup::daemon {

void SocketSettings::takeLive(const SocketSettings& next) {
    max_message_bytes.set(next.max_message_bytes);
    outgoing_budget_bytes.set(next.outgoing_budget_bytes);
    incoming_events.set(next.incoming_events);
    incoming_bytes.set(next.incoming_bytes);
    per_user_and_path.set(next.per_user_and_path);
    bad_events_per_minute.set(next.bad_events_per_minute);
    ping_interval.set(next.ping_interval);
    ping_timeout.set(next.ping_timeout);
    close_timeout.set(next.close_timeout);
    write_timeout.set(next.write_timeout);
}

void GatewaySettings::takeLive(const GatewaySettings& next) {
    max_connections.set(next.max_connections);
    max_header_bytes.set(next.max_header_bytes);
    header_timeout.set(next.header_timeout);
    keep_alive_timeout.set(next.keep_alive_timeout);
    body_timeout.set(next.body_timeout);
    body_bytes_per_second.set(next.body_bytes_per_second);
    write_timeout.set(next.write_timeout);
    retry_after.set(next.retry_after);
    trusted_proxies.set(next.trusted_proxies);
    max_uploads.set(next.max_uploads);
    access_log.set(next.access_log);
    overload.takeLive(next.overload);
    addresses.takeLive(next.addresses);
    sockets.takeLive(next.sockets);
}

}  // namespace linkup::daemon
