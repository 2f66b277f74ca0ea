// Files that come and go: the part of HttpSession that waits for a disk. It never does so on its I/O thread:
// what must wait goes to the pool "disk", and until it is done no more is read from, or written to, the
// client.
#include <sys/uio.h>

#include <algorithm>
#include <array>

#include "http_exchange.h"
#include "pool_step.h"
#include "replies.h"

namespace linkup::daemon {

namespace {

constexpr std::size_t kFilePiece = 128 * 1024;

/// What of a piece the kernel has in memory; nothing when it would have to wait, or cannot tell.
std::size_t readCached(const sdk::File& file, std::uint64_t offset, std::span<char> into) noexcept {
    const iovec where{into.data(), into.size()};
    const ssize_t count = ::preadv2(file.descriptor(), &where, 1, static_cast<off_t>(offset), RWF_NOWAIT);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
}

}  // namespace

/// After authentication, before the body.
void HttpSession::expectUpload() {
    GatewayCore& core = io().core();
    Exchange& exchange = *exchange_;
    HttpParser& parser = exchange.parser;
    const sdk::RouteSpec& spec = exchange.route->spec;
    exchange.upload = std::make_unique<Upload>(*spec.upload, spec.max_body_bytes, parser.get("content-type"),
                                               core.settings.upload_folder, core.uploads);
    parser.upload = exchange.upload.get();
}

/// Lets what came of a file go to disk before more is read.
Awaitable<void> HttpSession::spool() {
    Exchange& exchange = *exchange_;
    if (exchange.upload->fault() == UploadFault::kNone && exchange.upload->wantsWriting()) {
        const auto write = [&upload = *exchange.upload]() noexcept { upload.write(); };
        if (!co_await onPool(io().core().disk, io(), write))
            exchange.response = replies::busy(io().core().settings.retry_after);
    }
    refuseUpload();
}

/// Sets the reply that an upload's fault asks for; malformed forms are left to the validator.
void HttpSession::refuseUpload() {
    GatewayCore& core = io().core();
    Exchange& exchange = *exchange_;
    switch (exchange.upload->fault()) {
        case UploadFault::kNone:
            break;
        case UploadFault::kMalformed:
            exchange.response = replies::of(sdk::unprocessable({sdk::Fault::notAnObject({"body"}, {})}),
                                            core.settings.retry_after);
            break;
        case UploadFault::kTooLarge:
            exchange.response = replies::detail(413, exchange.route->spec.upload->too_large);
            break;
        case UploadFault::kNoStorage:
            core.log.error("an upload cannot be written", {{"folder", core.settings.upload_folder}});
            exchange.response = replies::busy(core.settings.retry_after);
            break;
    }
}

/// Each piece has the write timeout anew. A file that is shorter than it was ends the connection, as nothing
/// else can tell the client.
Awaitable<bool> HttpSession::writeFile(std::string_view head, const sdk::File& file, FileRange range) {
    GatewayCore& core = io().core();
    std::string piece(static_cast<std::size_t>(std::min<std::uint64_t>(range.size, kFilePiece)), '\0');
    while (range.size > 0) {
        const std::span<char> wanted(
            piece.data(), static_cast<std::size_t>(std::min<std::uint64_t>(range.size, piece.size())));
        std::size_t count = readCached(file, range.offset, wanted);
        if (count == 0) {
            const auto read = [&]() noexcept {
                try {
                    count = file.read(range.offset, wanted);
                } catch (const sdk::Error&) {
                    count = 0;
                }
            };
            if (!co_await onPool(core.disk, io(), read)) co_return false;
        }
        if (count == 0) {
            core.log.error("a file ended before its end", {{"route", exchange_->route->spec.path}});
            co_return false;
        }
        setDeadline(core.settings.write_timeout);
        if (!co_await write(head, std::string_view(piece).substr(0, count))) co_return false;
        head = {};
        range.offset += count;
        range.size -= count;
    }
    co_return head.empty() || co_await write(head, {});
}

}  // namespace linkup::daemon
