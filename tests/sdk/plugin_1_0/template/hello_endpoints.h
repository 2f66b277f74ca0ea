#pragma once

#include <linkup/sdk/metrics.h>
#include <linkup/sdk/registrar.h>

#include "hello_service.h"

namespace hello {

/// What a name looks like, over HTTP and over sockets.
linkup::sdk::Schema nameSchema();

/// Registers the routes. The service and the counter must live until the plugin is destroyed.
void registerEndpoints(linkup::sdk::Registrar& registrar, HelloService& service,
                       linkup::sdk::Counter& greetings);

}  // namespace hello
