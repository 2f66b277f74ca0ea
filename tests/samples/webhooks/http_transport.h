#pragma once

#include <Poco/Net/HTTPClientSession.h>

#include <atomic>
#include <memory>
#include <mutex>

#include "transport.h"

namespace webhooks {

/// Over HTTP/1.1, on one connection that is kept. Redirects are not followed, and certificates are checked
/// against the machine's.
class HttpTransport final : public Transport {
public:
    HttpTransport(const std::string& url, std::chrono::milliseconds timeout);
    Answer post(const std::vector<std::pair<std::string, std::string>>& headers,
                const std::string& body) override;
    void interrupt() noexcept override;

private:
    std::shared_ptr<Poco::Net::HTTPClientSession> session();
    void drop();

    const std::string host_;
    const std::uint16_t port_;
    const bool secure_;
    const std::string path_;
    const std::chrono::milliseconds timeout_;
    std::atomic<bool> interrupted_ = false;
    std::mutex mutex_;  ///< of session_
    std::shared_ptr<Poco::Net::HTTPClientSession> session_;
};

}  // namespace webhooks
