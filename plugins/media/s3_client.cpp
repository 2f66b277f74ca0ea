#include "s3_client.h"

#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/SSLException.h>
#include <linkup/sdk/error.h>
#include <sodium.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <iterator>
#include <thread>

namespace linkup::media {

namespace {

using namespace std::chrono_literals;
using Poco::Net::HTTPRequest;
using Poco::Net::HTTPResponse;

constexpr int kTries = 3;
constexpr std::chrono::milliseconds kFirstWait = 200ms;
constexpr std::streamsize kMaxErrorBytes = 16 * 1024;
constexpr std::size_t kPiece = 64 * 1024;

/// Between half and all of 200 ms, 400 ms, …
void waitBefore(int next_try) {
    const auto most = static_cast<std::uint32_t>((kFirstWait * (1 << (next_try - 2))).count());
    std::this_thread::sleep_for(std::chrono::milliseconds(most / 2 + randombytes_uniform(most / 2 + 1)));
}

template <class Use>
void forEachPiece(const sdk::File& file, Use use) {
    std::array<char, kPiece> buffer;
    for (std::uint64_t at = 0; at < file.size();) {
        const std::size_t count = file.read(at, buffer);
        if (count == 0) throw sdk::Error(sdk::ErrorCode::kInternal, "a file became shorter");
        use(buffer.data(), count);
        at += count;
    }
}

std::string sha256Of(const sdk::File* content) {
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    if (content != nullptr) {
        forEachPiece(*content, [&](const char* data, std::size_t size) {
            crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(data), size);
        });
    }
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash;
    crypto_hash_sha256_final(&state, hash.data());
    std::string text(hash.size() * 2 + 1, '\0');
    sodium_bin2hex(text.data(), text.size(), hash.data(), hash.size());
    text.pop_back();
    return text;
}

/// Anew from the file's beginning, as it may be another try. Returns how many bytes came.
std::streamsize copyTo(int descriptor, std::istream& from) {
    if (::ftruncate(descriptor, 0) != 0) return -1;
    std::array<char, kPiece> buffer;
    std::streamsize done = 0;
    while (from.read(buffer.data(), buffer.size()), from.gcount() > 0) {
        for (std::streamsize written = 0; written < from.gcount();) {
            const ssize_t count = ::pwrite(descriptor, buffer.data() + written,
                                           static_cast<std::size_t>(from.gcount() - written),
                                           static_cast<off_t>(done + written));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) return -1;
            written += count;
        }
        done += from.gcount();
    }
    return done;
}

/// Of `<Error><Code>NoSuchKey</Code>…`; a proxy in front of the store may say something else.
std::string codeIn(std::istream& body) {
    std::string text(kMaxErrorBytes, '\0');
    body.read(text.data(), kMaxErrorBytes);
    text.resize(static_cast<std::size_t>(body.gcount()));
    constexpr std::string_view kTag = "<Code>";
    const auto begin = text.find(kTag);
    const auto end = text.find('<', begin + kTag.size());
    if (begin == std::string::npos || end == std::string::npos) return {};
    return text.substr(begin + kTag.size(), end - begin - kTag.size());
}

const char* adviceFor(int status, const std::string& reason) {
    if (reason == "NoSuchBucket" || status == 404) return "check media.bucket and media.s3.path_style";
    if (reason == "SignatureDoesNotMatch" || reason == "InvalidAccessKeyId")
        return "check media.s3.access_key and media.s3.secret";
    if (reason == "RequestTimeTooSkewed") return "check this machine's clock";
    if (reason == "AuthorizationHeaderMalformed" || (status >= 300 && status < 400))
        return "check media.s3.region and media.s3.endpoint";
    if (status == 403) return "the key needs s3:PutObject, s3:GetObject, s3:DeleteObject and s3:ListBucket";
    return "check media.s3.endpoint";
}

std::string hostOf(const S3Options& options, const std::string& host) {
    return options.path_style ? host : options.bucket + "." + host;
}

}  // namespace

S3Client::S3Client(const S3Options& options, const sdk::Clock& clock, sdk::Log& log, sdk::Metrics& metrics)
    : options_(options),
      host_(hostOf(options, options.endpoint.authority())),
      public_origin_(options.public_endpoint.tls ? "https://" : "http://"),
      public_host_(hostOf(options, options.public_endpoint.authority())),
      signature_(options.access_key, options.secret, options.region),
      clock_(clock),
      log_(log),
      seconds_(metrics.histogram("s3_seconds", "How long the store took to answer one try.",
                                 {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10})),
      failures_(metrics.counter("s3_failures", "Tries that the store did not answer, or not well.")),
      connections_(options, hostOf(options, options.endpoint.host)) {}

void S3Client::put(const std::string& key, const sdk::File& content, std::string_view content_type) {
    const Call call{"PUT", key, &content, content_type};
    const Reply reply = perform(call);
    if (!reply.good()) refuse(call, reply);
}

void S3Client::get(const std::string& key, int descriptor) {
    const Call call{"GET", key, nullptr, {}, descriptor};
    const Reply reply = perform(call);
    if (reply.status == 404) throw sdk::Error(sdk::ErrorCode::kNotFound, "Not Found");
    if (!reply.good()) refuse(call, reply);
}

void S3Client::remove(const std::string& key) {
    const Call call{"DELETE", key};
    const Reply reply = perform(call);
    if (!reply.good() && reply.reason != "NoSuchKey") refuse(call, reply);
}

std::string S3Client::presigned(std::string_view method, const std::string& key, sdk::Time signed_at,
                                std::chrono::seconds lifetime) const {
    const AwsRequest request{std::string(method), pathOf(key), {}, {{"host", public_host_}}};
    return public_origin_ + public_host_ + signature_.presigned(request, signed_at, lifetime);
}

void S3Client::check() {
    // One key for all nodes, so that nothing gathers; another node may just have removed it.
    const std::string key = "sw/check";
    const auto probe = sdk::File::holding("linkup");
    const auto back = sdk::File::holding("");
    for (const Call& call : {Call{"PUT", key, probe.get(), "text/plain"},
                             Call{"GET", key, nullptr, {}, back->descriptor()}, Call{"DELETE", key}}) {
        const Reply reply = attempt(call);
        if (reply.good() || reply.reason == "NoSuchKey") continue;
        if (reply.isWorthAnotherTry() && !reply.untrusted) {
            log_.error("the file store does not answer, so uploads fail until it does",
                       {{"host", host_}, {"status", reply.status}, {"why", reply.reason}});
            return;
        }
        throw sdk::Error(sdk::ErrorCode::kInvalidArgument,
                         "the file store " + host_ + ", bucket " + options_.bucket + ", answers " +
                             call.method + " with " +
                             (reply.untrusted ? "a certificate that is not trusted (" + reply.reason +
                                                    "); check media.s3.ca_file"
                                              : std::to_string(reply.status) + " " + reply.reason + "; " +
                                                    adviceFor(reply.status, reply.reason)));
    }
}

S3Client::Reply S3Client::perform(const Call& call) {
    for (int number = 1;; ++number) {
        Reply reply = attempt(call);
        if (!reply.isWorthAnotherTry() || number == kTries) return reply;
        waitBefore(number + 1);
    }
}

S3Client::Reply S3Client::attempt(const Call& call) {
    const auto began = clock_.steady();
    Reply reply;
    try {
        reply = exchange(call);
    } catch (const Poco::Net::SSLConnectionUnexpectedlyClosedException& error) {
        reply.reason = error.displayText();
    } catch (const Poco::Net::SSLException& error) {
        reply = {0, error.displayText(), true};
    } catch (const Poco::Exception& error) {
        reply.reason = error.displayText();
    }
    seconds_.observe(std::chrono::duration<double>(clock_.steady() - began).count());
    if (!reply.good() && reply.status != 404) failures_.add();
    return reply;
}

S3Client::Reply S3Client::exchange(const Call& call) {
    HTTPRequest request(call.method, awsEncodedPath(pathOf(call.key)), HTTPRequest::HTTP_1_1);
    const AwsRequest signed_part{call.method, pathOf(call.key), {}, {{"host", host_}}};
    request.set("Host", host_);
    for (const auto& [name, value] : signature_.headers(signed_part, sha256Of(call.content), clock_.now()))
        request.set(name, value);
    if (call.content != nullptr) {
        request.setContentLength64(static_cast<Poco::Int64>(call.content->size()));
        request.setContentType(std::string(call.content_type));
        // What is under a key never changes; by redirect, the client sees the store's own headers.
        request.set("Cache-Control", "private, immutable, max-age=10800");
    }

    S3Connections::Connection connection = connections_.take();
    std::ostream& out = connection->sendRequest(request);
    if (call.content != nullptr) {
        forEachPiece(*call.content, [&](const char* data, std::size_t size) {
            out.write(data, static_cast<std::streamsize>(size));
        });
        out.flush();
    }
    HTTPResponse response;
    std::istream& in = connection->receiveResponse(response);
    Reply reply{response.getStatus()};
    if (!reply.good()) {
        reply.reason = codeIn(in);
    } else if (call.descriptor >= 0 && (!response.hasContentLength() ||
                                        copyTo(call.descriptor, in) != response.getContentLength64())) {
        return {0, "the object did not come whole"};
    }
    in.ignore(kMaxErrorBytes);
    if (in.eof() && response.getKeepAlive()) connections_.giveBack(std::move(connection));
    return reply;
}

void S3Client::refuse(const Call& call, const Reply& reply) {
    log_.error(
        "the file store failed",
        {{"method", call.method}, {"file_key", call.key}, {"status", reply.status}, {"why", reply.reason}});
    throw sdk::Error(sdk::ErrorCode::kUnavailable, "The file store cannot be reached. Please try again.");
}

std::string S3Client::pathOf(const std::string& key) const {
    return options_.path_style ? "/" + options_.bucket + "/" + key : "/" + key;
}

}  // namespace linkup::media
