#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <string>
#include <utility>

#include "front_socket.h"
#include "tls.h"

namespace linkup::daemon {

/// A client's connection, plain or with TLS: Asio's AsyncReadStream and AsyncWriteStream. Plain it costs one
/// comparison more than the socket itself.
///
/// Threading: its I/O thread.
class FrontStream {
public:
    using executor_type = IoExecutor;

    /// Plain, if `identity` is null.
    FrontStream(TcpSocket socket, const TlsIdentity* identity) : socket_(std::move(socket)) {
        if (identity != nullptr) tls_ = identity->wrap(std::move(socket_));
    }

    executor_type get_executor() noexcept { return socket_.get_executor(); }
    TcpSocket& socket() noexcept { return tls_ == nullptr ? socket_ : tls_->socket(); }
    bool isOpen() noexcept { return socket().is_open(); }
    void close() noexcept {
        boost::system::error_code ignored;
        socket().close(ignored);
    }
    /// Says that nothing more will be sent, by TLS and by TCP.
    void sayEnd() noexcept {
        if (tls_ != nullptr) tls_->sayEnd();
        boost::system::error_code ignored;
        socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    }

    bool isSecure() const noexcept { return tls_ != nullptr; }

    /// What is written with these bytes is kept, and counts as written; it goes out in one piece with what
    /// comes behind. For small pieces that follow at once: the call of the system costs more than they do.
    /// By its bytes, as Beast may write something of its own before. With TLS nothing is held.
    void hold(const std::string& bytes) noexcept {
        if (tls_ == nullptr && !bytes.empty()) to_hold_ = bytes.data();
    }
    std::size_t heldBytes() const noexcept { return held_.size(); }

    /// With TLS, before all else.
    template <class Token>
    auto async_handshake(Token&& token) {
        return asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [this](auto&& handler) { tls_->handshake(erased(std::forward<decltype(handler)>(handler))); },
            token);
    }

    /// With TLS: as sayEnd, and waits until the peer has said so too. A fault: it says something else.
    template <class Token>
    auto sayEndAsync(Token&& token) {
        return asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [this](auto&& handler) {
                tls_->end(erased(std::forward<decltype(handler)>(handler)));
                boost::system::error_code ignored;
                socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
            },
            token);
    }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        return asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [this](auto&& handler, const Buffers& into) {
                if (tls_ == nullptr) {
                    socket_.async_read_some(into, std::forward<decltype(handler)>(handler));
                    return;
                }
                asio::mutable_buffer first;
                for (auto piece = asio::buffer_sequence_begin(into);
                     piece != asio::buffer_sequence_end(into) && first.size() == 0; ++piece)
                    first = asio::mutable_buffer(*piece);
                tls_->read(first, erased(std::forward<decltype(handler)>(handler)));
            },
            token, buffers);
    }

    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return asio::async_initiate<Token, void(boost::system::error_code, std::size_t)>(
            [this](auto&& handler, const Buffers& from) {
                if (tls_ == nullptr && to_hold_ == nullptr && held_.empty()) {
                    socket_.async_write_some(from, std::forward<decltype(handler)>(handler));
                    return;
                }
                if (tls_ == nullptr) {
                    writeHeld(from, std::forward<decltype(handler)>(handler));
                    return;
                }
                std::string& out = tls_->outgoing();
                out.clear();
                for (auto piece = asio::buffer_sequence_begin(from);
                     piece != asio::buffer_sequence_end(from) && out.size() < TlsConnection::kRecord;
                     ++piece) {
                    const asio::const_buffer bytes(*piece);
                    out.append(static_cast<const char*>(bytes.data()),
                               std::min(bytes.size(), TlsConnection::kRecord - out.size()));
                }
                tls_->write(erased(std::forward<decltype(handler)>(handler)));
            },
            token, buffers);
    }

private:
    /// With TLS an operation has one type, so that OpenSSL is compiled once; an allocation each is nothing
    /// beside the cipher.
    template <class Handler>
    static std::unique_ptr<TlsConnection::Done> erased(Handler&& handler) {
        class Erased final : public TlsConnection::Done {
        public:
            explicit Erased(std::decay_t<Handler> handler) : handler_(std::move(handler)) {}
            void call(const boost::system::error_code& fault, std::size_t bytes) override {
                std::move(handler_)(fault, bytes);
            }

        private:
            std::decay_t<Handler> handler_;
        };
        return std::make_unique<Erased>(std::forward<Handler>(handler));
    }

    /// Behind what is held; goes out with it, unless it is to be held itself.
    template <class Buffers, class Handler>
    void writeHeld(const Buffers& from, Handler&& handler) {
        using boost::system::error_code;
        bool holds = false;
        for (auto piece = asio::buffer_sequence_begin(from); piece != asio::buffer_sequence_end(from);
             ++piece) {
            const asio::const_buffer bytes(*piece);
            held_.append(static_cast<const char*>(bytes.data()), bytes.size());
            holds = holds || bytes.data() == to_hold_;
        }
        const std::size_t size = asio::buffer_size(from);
        auto done = [handler = std::forward<Handler>(handler), size](const error_code& fault) mutable {
            std::move(handler)(fault, fault ? 0 : size);
        };
        if (holds) {
            to_hold_ = nullptr;
            asio::post(get_executor(), [done = std::move(done)]() mutable { done({}); });
            return;
        }
        asio::async_write(socket_, asio::buffer(held_),
                          [this, done = std::move(done)](const error_code& fault, std::size_t) mutable {
                              held_ = {};
                              done(fault);
                          });
    }

    TcpSocket socket_;
    std::shared_ptr<TlsConnection> tls_;
    std::string held_;
    const void* to_hold_ = nullptr;
};

}  // namespace linkup::daemon
