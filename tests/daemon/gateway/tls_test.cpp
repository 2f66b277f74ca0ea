#include <Poco/Net/AcceptCertificateHandler.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/Net/SSLException.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/WebSocket.h>
#include <Poco/Net/X509Certificate.h>
#include <Poco/StreamCopier.h>
#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "certificate.h"
#include "gateway_fixture.h"
#include "temporary_folder.h"

namespace linkup::test {

using namespace std::chrono_literals;
using Poco::Net::Context;
using sdk::Request;
using sdk::Response;

/// The gateway's own TLS, seen by Poco's client, which checks the certificate.
class TlsTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(TlsTest);
    CPPUNIT_TEST(servesHttpsOnAKeptConnection);
    CPPUNIT_TEST(carriesLargeBodiesBothWays);
    CPPUNIT_TEST(endsAConnectionSoThatTheClientKnowsItWasTheEnd);
    CPPUNIT_TEST(endsAConnectionWithTheClientsWordThatItIsTheEnd);
    CPPUNIT_TEST(readsOnFromAClientThatHasMoreToSay);
    CPPUNIT_TEST(servesWss);
    CPPUNIT_TEST(refusesOldProtocolsAndPlainHttp);
    CPPUNIT_TEST(choosesAForwardSecretCipher);
    CPPUNIT_TEST(cutsOffAHandshakeThatDoesNotEnd);
    CPPUNIT_TEST(showsAChangedCertificateWithoutARestart);
    CPPUNIT_TEST(showsAChangedCertificateAtOnceWhenItIsTold);
    CPPUNIT_TEST(keepsTheCertificateWhenTheChangedOneIsNoGood);
    CPPUNIT_TEST(saysWhatIsWrongWithTheFiles);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override { makeCertificate(folder_.path()); }

    void servesHttpsOnAKeptConnection() {
        TestGateway server(options());
        server.get("/hello", [](const Request&) { return Response::json("hello"); });
        Poco::Net::HTTPSClientSession session("localhost", server.gateway.boundPort(), trusting());
        session.setKeepAlive(true);
        for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT_EQUAL(std::string("\"hello\""), ask(session, "/hello"));
    }

    void carriesLargeBodiesBothWays() {
        TestGateway server(options());
        sdk::RouteSpec spec = getSpec("/echo");
        spec.method = sdk::Method::kPost;
        spec.body_kind = sdk::BodyKind::kJson;
        spec.body = sdk::Schema::object({{"text", sdk::Schema::string()}});
        spec.max_body_bytes = 4 * 1024 * 1024;
        server.route(spec, [](const Request& request) { return Response::json(request.body["text"]); });
        Poco::Net::HTTPSClientSession session("localhost", server.gateway.boundPort(), trusting());
        const std::string text(3 * 1024 * 1024, 'x');
        CPPUNIT_ASSERT(ask(session, "/echo", "{\"text\": \"" + text + "\"}") == "\"" + text + "\"");
    }

    void endsAConnectionSoThatTheClientKnowsItWasTheEnd() {
        TestGateway server(options());
        server.get("/hello", [](const Request&) { return Response::json("hello"); });
        Poco::Net::SecureStreamSocket socket(
            Poco::Net::SocketAddress("127.0.0.1", server.gateway.boundPort()), "localhost", trusting());
        const std::string request = "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        socket.sendBytes(request.data(), static_cast<int>(request.size()));
        std::string reply;
        char piece[4096];
        // An end without TLS's own end would be an SSLException here.
        for (int count = 1; count > 0;) {
            count = socket.receiveBytes(piece, sizeof piece);
            if (count > 0) reply.append(piece, static_cast<std::size_t>(count));
        }
        CPPUNIT_ASSERT(reply.ends_with("\"hello\""));
    }

    void endsAConnectionWithTheClientsWordThatItIsTheEnd() {
        TestGateway server(options());
        server.get("/hello", [](const Request&) { return Response::json("hello"); });
        server.clock.stop();  // so that nothing else ends it
        BareClient client(server.gateway.boundPort(), trusting());
        client.ask("GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        CPPUNIT_ASSERT_EQUAL(1.0, server.metrics.value("connections"));
        client.sayEnd();
        CPPUNIT_ASSERT(waitFor([&] { return server.metrics.value("connections") == 0; }));
    }

    void readsOnFromAClientThatHasMoreToSay() {
        TestGateway server(options());
        server.clock.stop();
        {
            BareClient client(server.gateway.boundPort(), trusting());
            client.ask("POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n");
            for (int i = 0; i < 20; ++i) CPPUNIT_ASSERT(client.say(std::string(16'000, 'x')));
        }
        CPPUNIT_ASSERT(waitFor([&] { return server.metrics.value("connections") == 0; }));
    }

    void servesWss() {
        SocketRecorder recorder;
        TestGateway server(options());
        server.socket(saySocket(), recorder);
        {
            Poco::Net::HTTPSClientSession session("localhost", server.gateway.boundPort(), trusting());
            Poco::Net::HTTPRequest request("GET", "/ws/say", "HTTP/1.1");
            request.set("Authorization", "Bearer good-1");
            Poco::Net::HTTPResponse response;
            Poco::Net::WebSocket socket(session, request, response);
            socket.setReceiveTimeout(Poco::Timespan(10, 0));
            CPPUNIT_ASSERT(receive(socket).find("Connected to say websocket.") != std::string::npos);
            const std::string say = R"({"type": "say", "text": ")" + std::string(60'000, 'y') + "\"}";
            socket.sendFrame(say.data(), static_cast<int>(say.size()));
            CPPUNIT_ASSERT(waitFor([&] { return recorder.heard().size() == 2; }));
            CPPUNIT_ASSERT(recorder.heard().back().size() > 60'000);
            const std::string large(100'000, 'z');
            for (int i = 0; i < 5; ++i) recorder.last()->send(large);
            for (int i = 0; i < 5; ++i) CPPUNIT_ASSERT(receive(socket) == large);
            recorder.last()->close(sdk::CloseCode::kNormal, "bye");
            int flags = 0;
            char frame[256];
            socket.receiveFrame(frame, sizeof frame, flags);
            CPPUNIT_ASSERT_EQUAL(int{Poco::Net::WebSocket::FRAME_OP_CLOSE},
                                 flags & Poco::Net::WebSocket::FRAME_OP_BITMASK);
            socket.shutdown();
        }
        CPPUNIT_ASSERT(waitFor([&] { return recorder.hasHeard("close 1000"); }));
    }

    void refusesOldProtocolsAndPlainHttp() {
        TestGateway server(options());
        server.get("/hello", [](const Request&) { return Response{}; });
        RawConnection plain(server.url());
        plain.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
        CPPUNIT_ASSERT(plain.receive().find("HTTP") == std::string::npos);
        CPPUNIT_ASSERT(plain.closed());
        Context::Ptr old = trusting();
        old->disableProtocols(Context::PROTO_TLSV1_2 | Context::PROTO_TLSV1_3);
        Poco::Net::HTTPSClientSession session("localhost", server.gateway.boundPort(), old);
        CPPUNIT_ASSERT_THROW(ask(session, "/hello"), Poco::Exception);
        CPPUNIT_ASSERT(waitFor([&] { return server.metrics.value("tls_handshakes_failed_total") == 2; }));
        Context::Ptr twelve = trusting();
        twelve->disableProtocols(Context::PROTO_TLSV1_3);
        Poco::Net::HTTPSClientSession good("localhost", server.gateway.boundPort(), twelve);
        CPPUNIT_ASSERT_EQUAL(std::string(), ask(good, "/hello"));
    }

    void choosesAForwardSecretCipher() {
        TestGateway server(options());
        Context::Ptr weak = trusting();
        weak->disableProtocols(Context::PROTO_TLSV1_3);
        SSL_CTX_set_cipher_list(weak->sslContext(), "AES128-SHA:ECDHE-ECDSA-AES128-SHA");
        Poco::Net::HTTPSClientSession session("localhost", server.gateway.boundPort(), weak);
        CPPUNIT_ASSERT_THROW(ask(session, "/hello"), Poco::Exception);
    }

    void cutsOffAHandshakeThatDoesNotEnd() {
        auto settings = options();
        settings.settings.header_timeout = 300ms;
        TestGateway server(settings);
        RawConnection silent(server.url());
        silent.send("\x16\x03\x01");
        silent.receive();
        CPPUNIT_ASSERT(silent.closed());
    }

    void showsAChangedCertificateWithoutARestart() {
        TestGateway server(options());
        server.get("/hello", [](const Request&) { return Response::json("hello"); });
        Poco::Net::HTTPSClientSession kept("localhost", server.gateway.boundPort(), trusting());
        kept.setKeepAlive(true);
        CPPUNIT_ASSERT_EQUAL(std::string("\"hello\""), ask(kept, "/hello"));
        const double before = server.metrics.value("tls_certificate_expires_timestamp_seconds");
        CPPUNIT_ASSERT(before > static_cast<double>(std::time(nullptr)));
        const std::string old = shown(server);
        makeCertificate(folder_.path());
        CPPUNIT_ASSERT(waitFor([&] { return shown(server) != old; }));
        CPPUNIT_ASSERT_EQUAL_MESSAGE("who is there stays", std::string("\"hello\""), ask(kept, "/hello"));
        Poco::Net::HTTPSClientSession fresh("localhost", server.gateway.boundPort(), trusting());
        CPPUNIT_ASSERT_EQUAL(std::string("\"hello\""), ask(fresh, "/hello"));
    }

    void showsAChangedCertificateAtOnceWhenItIsTold() {
        TestGateway server(options());
        const std::string old = shown(server);
        makeCertificate(folder_.path());
        server.gateway.reloadCertificate();
        CPPUNIT_ASSERT(shown(server) != old);
    }

    void keepsTheCertificateWhenTheChangedOneIsNoGood() {
        TestGateway server(options());
        server.get("/hello", [](const Request&) { return Response::json("hello"); });
        const Context::Ptr trusted = trusting();
        std::ofstream(folder_ / "certificate.pem") << "rubbish";
        CPPUNIT_ASSERT(waitFor([&] { return server.metrics.value("tls_certificate_failures_total") == 1; }));
        Poco::Net::HTTPSClientSession session("localhost", server.gateway.boundPort(), trusted);
        CPPUNIT_ASSERT_EQUAL(std::string("\"hello\""), ask(session, "/hello"));
    }

    void saysWhatIsWrongWithTheFiles() {
        const TemporaryFolder other;
        makeCertificate(other.path());
        auto wrong = options();
        wrong.settings.tls_key_file = other / "key.pem";
        assertRefused(wrong, "server.tls.key_file: " + wrong.settings.tls_key_file + ": ");
        wrong = options();
        wrong.settings.tls_certificate_file = folder_ / "none.pem";
        assertRefused(wrong, "server.tls.certificate_file: " + wrong.settings.tls_certificate_file + ": ");
        wrong = options();
        wrong.settings.tls_key_file.clear();
        assertRefused(wrong,
                      "server.tls.certificate_file and server.tls.key_file: one is set and the other is not");
    }

private:
    /// TLS on a socket that stays open after TLS has ended, which Poco's does not.
    class BareClient {
    public:
        BareClient(std::uint16_t port, const Context::Ptr& context)
            : socket_(Poco::Net::SocketAddress("127.0.0.1", port)),
              ssl_(SSL_new(context->sslContext()), SSL_free) {
            socket_.setReceiveTimeout(Poco::Timespan(10, 0));
            SSL_set_fd(ssl_.get(), static_cast<int>(socket_.impl()->sockfd()));
            CPPUNIT_ASSERT_EQUAL(1, SSL_connect(ssl_.get()));
        }
        bool say(const std::string& text) {
            return SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())) ==
                   static_cast<int>(text.size());
        }
        /// Reads the reply up to TLS's end.
        void ask(const std::string& request) {
            CPPUNIT_ASSERT(say(request));
            char piece[4096];
            int count = 0;
            do count = SSL_read(ssl_.get(), piece, sizeof piece);
            while (count > 0);
            CPPUNIT_ASSERT_EQUAL(int{SSL_ERROR_ZERO_RETURN}, SSL_get_error(ssl_.get(), count));
        }
        void sayEnd() { SSL_shutdown(ssl_.get()); }

    private:
        Poco::Net::StreamSocket socket_;
        std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
    };

    TestGateway::Options options() const {
        TestGateway::Options options{TestGateway::quick()};
        options.settings.tls_certificate_file = folder_ / "certificate.pem";
        options.settings.tls_key_file = folder_ / "key.pem";
        return options;
    }

    /// A client that believes in the certificate of this moment only.
    Context::Ptr trusting() const {
        Context::Params params;
        params.caLocation = folder_ / "certificate.pem";
        params.verificationMode = Context::VERIFY_STRICT;
        params.loadDefaultCAs = false;
        return new Context(Context::TLS_CLIENT_USE, params);
    }

    static std::string ask(Poco::Net::HTTPSClientSession& session, const std::string& path,
                           const std::string& body = {}) {
        session.setTimeout(Poco::Timespan(10, 0));
        Poco::Net::HTTPRequest request(body.empty() ? "GET" : "POST", path, "HTTP/1.1");
        if (!body.empty()) {
            request.setContentType("application/json");
            request.setContentLength64(static_cast<Poco::Int64>(body.size()));
        }
        session.sendRequest(request) << body;
        Poco::Net::HTTPResponse response;
        std::string text;
        Poco::StreamCopier::copyToString(session.receiveResponse(response), text);
        CPPUNIT_ASSERT_EQUAL(200, static_cast<int>(response.getStatus()));
        return text;
    }

    static std::string receive(Poco::Net::WebSocket& socket) {
        Poco::Buffer<char> frame(0);
        int flags = 0;
        socket.receiveFrame(frame, flags);
        return {frame.begin(), frame.size()};
    }

    /// The serial number of the certificate that a new connection sees.
    static std::string shown(TestGateway& server) {
        Context::Params params;
        params.verificationMode = Context::VERIFY_NONE;
        const Context::Ptr anything(new Context(Context::TLS_CLIENT_USE, params));
        Poco::Net::SecureStreamSocket socket(
            Poco::Net::SocketAddress("127.0.0.1", server.gateway.boundPort()), "localhost", anything);
        return socket.peerCertificate().serialNumber();
    }

    static void assertRefused(const TestGateway::Options& options, const std::string& why) {
        try {
            TestGateway server(options);
            CPPUNIT_FAIL("not refused");
        } catch (const sdk::Error& error) {
            CPPUNIT_ASSERT_MESSAGE(error.what(), std::string(error.what()).starts_with(why));
        }
    }

    TemporaryFolder folder_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(TlsTest);

}  // namespace linkup::test
