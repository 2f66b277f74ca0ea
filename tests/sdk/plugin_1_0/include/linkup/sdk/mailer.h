#pragma once

#include <string>

#include "linkup/sdk/database.h"
#include "linkup/sdk/export.h"

namespace linkup::sdk {

struct Mail {
    std::string to;
    std::string subject;
    std::string text;
    std::string html;  ///< empty: text only
};

/// Queues mail in the database, so that it is sent if and only if the transaction commits, with retries,
/// whatever happens to this process.
///
/// Implemented by: host.   Lifetime: the Host's.   Threading: any thread but an I/O thread.
/// Errors: as Connection::execute; a wrong address is found out when sending, and logged.   Since: ABI 1.0.
class LINKUP_SDK_API Mailer {
public:
    virtual ~Mailer();
    virtual void enqueue(Connection& connection, const Mail& mail) = 0;
};

}  // namespace linkup::sdk
