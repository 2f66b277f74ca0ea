#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <regex>

#include "gateway_fixture.h"

namespace linkup::test {

using namespace std::chrono_literals;
using sdk::Json;
using sdk::Request;
using sdk::Response;

class HttpTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(HttpTest);
    CPPUNIT_TEST(answersWithJsonAndARequestId);
    CPPUNIT_TEST(logsTheRequestIdAndNoQuery);
    CPPUNIT_TEST(keepsTheConnection);
    CPPUNIT_TEST(answersPipelinedRequestsInOrder);
    CPPUNIT_TEST(speaksHttp10);
    CPPUNIT_TEST(saysContinueBeforeABody);
    CPPUNIT_TEST(takesChunkedBodies);
    CPPUNIT_TEST(takesNoHeaderFromBehindABody);
    CPPUNIT_TEST(decodesPathParameters);
    CPPUNIT_TEST(takesAPlusInAQueryAsAPlus);
    CPPUNIT_TEST(redirectsATrailingSlashKeepingTheQuery);
    CPPUNIT_TEST(answersUnknownPathsWith404);
    CPPUNIT_TEST(answersWrongMethodsWith405);
    CPPUNIT_TEST(servesPagesForHeadToo);
    CPPUNIT_TEST(checksTheTokenBeforeTheBody);
    CPPUNIT_TEST(asksSlowlyForTokensThatMemoryDoesNotKnow);
    CPPUNIT_TEST(givesTheContractsFaults);
    CPPUNIT_TEST(takesAJsonBodyWithoutContentType);
    CPPUNIT_TEST(readsFormFields);
    CPPUNIT_TEST(turnsErrorsIntoReplies);
    CPPUNIT_TEST(tellsAStrangerNothingOfAnException);
    CPPUNIT_TEST(ignoresAnUpgradeWhereThereIsNoSocket);
    CPPUNIT_TEST(sendsLargeReplies);
    CPPUNIT_TEST(removesRoutesAndWaitsForTheirCalls);
    CPPUNIT_TEST(refusesTwoRoutesOfOneKind);
    CPPUNIT_TEST(takesTheClientsAddressFromTrustedProxiesOnly);
    CPPUNIT_TEST(runsAHandlerOnThePluginsOwnPool);
    CPPUNIT_TEST(tellsAHandlerWhenItsRequestHadCome);
    CPPUNIT_TEST(servesWithoutAnAuthenticatorWhatNeedsNone);
    CPPUNIT_TEST_SUITE_END();

public:
    void setUp() override {
        server_ = std::make_unique<TestGateway>();
        client_ = std::make_unique<HttpClient>(server_->url());
    }
    void tearDown() override {
        client_.reset();
        server_.reset();
    }

    void answersWithJsonAndARequestId() {
        server_->get("/hello", [](const Request& request) {
            return Response::json(Json::object({{"id", request.id}}));
        });
        const HttpReply reply = client_->get("/hello");
        CPPUNIT_ASSERT_EQUAL(200, reply.status);
        CPPUNIT_ASSERT_EQUAL(std::string("application/json; charset=utf-8"), reply.header("content-type"));
        CPPUNIT_ASSERT(!reply.header("x-request-id").empty());
        CPPUNIT_ASSERT(!reply.header("date").empty());
        CPPUNIT_ASSERT_EQUAL(reply.header("x-request-id"), reply.text("id"));
        CPPUNIT_ASSERT(client_->get("/hello").text("id") != reply.text("id"));
    }
    void logsTheRequestIdAndNoQuery() {
        server_->get("/hello", [](const Request&) { return Response::json(Json::object()); });
        client_->get("/hello?token=very-secret");
        CPPUNIT_ASSERT(waitFor([&] { return server_->log.mentions("/hello"); }));
        CPPUNIT_ASSERT(!server_->log.mentions("very-secret"));
    }
    void keepsTheConnection() {
        server_->get("/hello", [](const Request&) { return Response::json(Json::object()); });
        for (int i = 0; i < 20; ++i) CPPUNIT_ASSERT_EQUAL(200, client_->get("/hello").status);
        CPPUNIT_ASSERT_EQUAL(404, client_->get("/nowhere").status);
        CPPUNIT_ASSERT_EQUAL(200, client_->get("/hello").status);
        CPPUNIT_ASSERT_EQUAL(1.0, server_->metrics.value("connections"));
    }
    void answersPipelinedRequestsInOrder() {
        server_->route(getSpec("/number/{n}"), [](const Request& request) {
            // The first is the slowest.
            if (request.parameters["n"].asString() == "0") std::this_thread::sleep_for(50ms);
            return Response::json(Json::object({{"n", request.parameters["n"]}}));
        });
        std::string requests;
        for (int i = 0; i < 50; ++i) {
            requests += "GET /number/" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n" +
                        (i == 49 ? "Connection: close\r\n" : "") + "\r\n";
        }
        RawConnection connection(server_->url());
        connection.send(requests);
        const std::string replies = connection.receive();
        std::string order;
        const std::regex number("\\{\"n\":\"(\\d+)\"\\}");
        int expected = 0;
        for (std::sregex_iterator it(replies.begin(), replies.end(), number); it != std::sregex_iterator();
             ++it) {
            CPPUNIT_ASSERT_EQUAL(std::to_string(expected++), (*it)[1].str());
        }
        CPPUNIT_ASSERT_EQUAL(50, expected);
        CPPUNIT_ASSERT(connection.closed());
    }
    void speaksHttp10() {
        server_->get("/hello", [](const Request&) { return Response::json(Json::object()); });
        RawConnection once(server_->url());
        once.send("GET /hello HTTP/1.0\r\n\r\n");
        const std::string reply = once.receive();
        CPPUNIT_ASSERT(reply.starts_with("HTTP/1.1 200 OK\r\n"));
        CPPUNIT_ASSERT(reply.find("Connection: close\r\n") != std::string::npos);
        CPPUNIT_ASSERT(once.closed());
        RawConnection kept(server_->url());
        kept.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        CPPUNIT_ASSERT(kept.receiveUntil("{}").find("Connection: keep-alive\r\n") != std::string::npos);
    }
    void saysContinueBeforeABody() {
        echo();
        RawConnection connection(server_->url());
        connection.send(
            "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\nExpect: 100-continue\r\n\r\n");
        connection.receiveUntil("100 Continue\r\n\r\n");
        connection.send("{\"a\":1}");
        connection.receiveUntil("{\"a\":1}");
        connection.send(
            "POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\nExpect: 100-continue\r\n\r\n");
        const std::string refused = connection.receive();
        CPPUNIT_ASSERT(refused.find("404") != std::string::npos);
        CPPUNIT_ASSERT(refused.find("100 Continue") == std::string::npos);
        CPPUNIT_ASSERT(connection.closed());
    }
    void takesChunkedBodies() {
        echo();
        RawConnection connection(server_->url());
        connection.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n");
        connection.sendSlowly("4\r\n\":1}\r\n0\r\n\r\n", 3, 1ms);
        connection.receiveUntil("{\"a\":1}");
        connection.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]");
        CPPUNIT_ASSERT(connection.receive().find("[]") != std::string::npos);
    }
    void takesNoHeaderFromBehindABody() {
        sdk::RouteSpec spec = getSpec("/late");
        spec.method = sdk::Method::kPost;
        server_->route(spec,
                       [](const Request& request) { return Response::json(Json(request.header("x-late"))); });
        RawConnection connection(server_->url());
        connection.send(
            "POST /late HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
            "1\r\nx\r\n0\r\nX-Late: from a trailer\r\n\r\n");
        const std::string reply = connection.receive();
        CPPUNIT_ASSERT_MESSAGE(reply, reply.starts_with("HTTP/1.1 200 ") && reply.ends_with("\r\n\r\n\"\""));
    }
    void decodesPathParameters() {
        server_->route(getSpec("/search/{query}"), [](const Request& request) {
            return Response::json(
                Json::object({{"query", request.parameters["query"]}, {"path", request.path}}));
        });
        CPPUNIT_ASSERT_EQUAL(std::string("new d\xC3\xA9lhi"),
                             client_->get("/search/new%20d%C3%A9lhi").text("query"));
        CPPUNIT_ASSERT_EQUAL(std::string("/search/a b"), client_->get("/search/a%20b").text("path"));
        CPPUNIT_ASSERT_EQUAL(404, client_->get("/search/a%2Fb").status);
        CPPUNIT_ASSERT_EQUAL(404, client_->get("/search/%ff").status);
    }
    void takesAPlusInAQueryAsAPlus() {
        sdk::RouteSpec spec = getSpec("/verify-email");
        spec.query = sdk::Schema::object({{"email", sdk::Schema::email()}});
        server_->route(spec, [](const Request& request) { return Response::json(request.query); });
        CPPUNIT_ASSERT_EQUAL(std::string("a+b@example.com"),
                             client_->get("/verify-email?email=a+b@example.com").text("email"));
        const HttpReply missing = client_->get("/verify-email");
        CPPUNIT_ASSERT_EQUAL(422, missing.status);
        CPPUNIT_ASSERT_EQUAL(std::string("missing"), missing.text("detail[0].type"));
        CPPUNIT_ASSERT_EQUAL(std::string("query"), missing.text("detail[0].loc[0]"));
        CPPUNIT_ASSERT_EQUAL(std::string("email"), missing.text("detail[0].loc[1]"));
    }
    void redirectsATrailingSlashKeepingTheQuery() {
        server_->get("/a/{b}", [](const Request&) { return Response::json(Json::object()); });
        const HttpReply reply = client_->get("/a/c%20d/?x=1&y=+");
        CPPUNIT_ASSERT_EQUAL(307, reply.status);
        CPPUNIT_ASSERT_EQUAL(std::string("/a/c%20d?x=1&y=+"), reply.header("location"));
        CPPUNIT_ASSERT_EQUAL(404, client_->get("/b/").status);
        CPPUNIT_ASSERT_EQUAL(404, client_->get("//a/c/").status);
    }
    void answersUnknownPathsWith404() {
        const HttpReply reply = client_->post("/nowhere", "{}");
        CPPUNIT_ASSERT_EQUAL(404, reply.status);
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"Not Found"})"), reply.body);
        CPPUNIT_ASSERT(!reply.header("x-request-id").empty());
    }
    void answersWrongMethodsWith405() {
        server_->get("/a", [](const Request&) { return Response::json(Json::object()); });
        for (const char* method : {"POST", "HEAD", "OPTIONS", "BREW"}) {
            const HttpReply reply = client_->send(method, "/a");
            CPPUNIT_ASSERT_EQUAL_MESSAGE(method, 405, reply.status);
            CPPUNIT_ASSERT_EQUAL(std::string("GET"), reply.header("allow"));
            if (std::string(method) != "HEAD")
                CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"Method Not Allowed"})"), reply.body);
        }
        CPPUNIT_ASSERT_EQUAL(200, client_->get("/a").status);
    }
    void servesPagesForHeadToo() {
        server_->handles.push_back(server_->gateway.addPage("/static/{file*}", [](const Request& request) {
            Response response;
            response.content_type = "text/plain";
            response.body = request.parameters["file"].asString();
            return response;
        }));
        CPPUNIT_ASSERT_EQUAL(std::string("css/a.css"), client_->get("/static/css/a.css").body);
        const HttpReply head = client_->send("HEAD", "/static/css/a.css");
        CPPUNIT_ASSERT_EQUAL(200, head.status);
        CPPUNIT_ASSERT_EQUAL(std::string("9"), head.header("content-length"));
        CPPUNIT_ASSERT(head.body.empty());
        CPPUNIT_ASSERT_EQUAL(std::string("GET, HEAD"), client_->post("/static/x").header("allow"));
    }
    void checksTheTokenBeforeTheBody() {
        sdk::RouteSpec spec = getSpec("/me", sdk::Auth::kBearer);
        spec.method = sdk::Method::kPost;
        spec.body_kind = sdk::BodyKind::kJson;
        spec.body = sdk::Schema::object({{"n", sdk::Schema::integer()}});
        server_->route(spec, [](const Request& request) {
            return Response::json(Json::object({{"user", request.caller().user}}));
        });
        const HttpReply none = client_->post("/me", "{");
        CPPUNIT_ASSERT_EQUAL(401, none.status);
        CPPUNIT_ASSERT_EQUAL(std::string("Not authenticated"), none.text("detail"));
        CPPUNIT_ASSERT_EQUAL(std::string("Bearer"), none.header("www-authenticate"));
        const HttpReply basic = client_->send("POST", "/me", "{", "", {{"Authorization", "Basic good-1"}});
        CPPUNIT_ASSERT_EQUAL(std::string("Not authenticated"), basic.text("detail"));
        client_->setBearer("bad");
        const HttpReply bad = client_->post("/me", "{");
        CPPUNIT_ASSERT_EQUAL(401, bad.status);
        CPPUNIT_ASSERT_EQUAL(std::string("Invalid token"), bad.text("detail"));
        CPPUNIT_ASSERT_EQUAL(std::string("Bearer"), bad.header("www-authenticate"));
        client_->setBearer("good-7");
        CPPUNIT_ASSERT_EQUAL(422, client_->post("/me", "{").status);
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"user":7})"), client_->post("/me", R"({"n":1})").body);
        CPPUNIT_ASSERT_EQUAL(
            401, HttpClient(server_->url()).send("POST", "/me?token=good-7", R"({"n":1})").status);
        CPPUNIT_ASSERT_EQUAL(200,
                             HttpClient(server_->url())
                                 .send("POST", "/me", R"({"n":1})", "", {{"Authorization", "bEaReR good-7"}})
                                 .status);
    }
    void asksSlowlyForTokensThatMemoryDoesNotKnow() {
        server_->route(getSpec("/me", sdk::Auth::kBearer), [](const Request& request) {
            return Response::json(Json::object({{"user", request.caller().user}}));
        });
        client_->setBearer("unknown-9");
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"user":9})"), client_->get("/me").body);
        CPPUNIT_ASSERT_EQUAL(1, server_->tokens.asked_slowly.load());
        client_->setBearer("unknown-x");
        CPPUNIT_ASSERT_EQUAL(401, client_->get("/me").status);
    }
    void givesTheContractsFaults() {
        sdk::RouteSpec spec = getSpec("/likes/{id}");
        spec.method = sdk::Method::kPost;
        spec.parameters = sdk::Schema::object({{"id", sdk::Schema::id()}});
        spec.body_kind = sdk::BodyKind::kJson;
        spec.body = sdk::Schema::object(
            {{"n", sdk::Schema::integer()}, {"password", sdk::Schema::string().secret()}});
        server_->route(spec, [](const Request& request) {
            return Response::json(Json::object({{"id", request.parameters["id"]}, {"body", request.body}}));
        });
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"id":5,"body":{"n":17,"password":"x"}})"),
                             client_->post("/likes/5", R"({"n":"17","password":"x","more":null})").body);
        const HttpReply broken = client_->post("/likes/x", R"({"n":1,})");
        CPPUNIT_ASSERT_EQUAL(422, broken.status);
        CPPUNIT_ASSERT_EQUAL(std::string("json_invalid"), broken.text("detail[0].type"));
        CPPUNIT_ASSERT_EQUAL(std::string("JSON decode error"), broken.text("detail[0].msg"));
        CPPUNIT_ASSERT_EQUAL(std::string("body"), broken.text("detail[0].loc[0]"));
        CPPUNIT_ASSERT_EQUAL(1,
                             static_cast<int>(broken.at("detail").extract<Poco::JSON::Array::Ptr>()->size()));
        const HttpReply both = client_->post("/likes/x", R"({"n":1.5,"password":4})");
        CPPUNIT_ASSERT_EQUAL(std::string("path"), both.text("detail[0].loc[0]"));
        CPPUNIT_ASSERT_EQUAL(std::string("int_parsing"), both.text("detail[0].type"));
        CPPUNIT_ASSERT_EQUAL(std::string("int_from_float"), both.text("detail[1].type"));
        CPPUNIT_ASSERT_EQUAL(std::string("string_type"), both.text("detail[2].type"));
        CPPUNIT_ASSERT(both.body.ends_with(R"("input":null}]})"));
        const HttpReply wrong_type = client_->send("POST", "/likes/5", "n=1", "text/plain");
        CPPUNIT_ASSERT_EQUAL(std::string("model_attributes_type"), wrong_type.text("detail[0].type"));
        const HttpReply empty = client_->send("POST", "/likes/5", "", "application/json");
        CPPUNIT_ASSERT_EQUAL(std::string("missing"), empty.text("detail[0].type"));
        CPPUNIT_ASSERT(empty.body.find(R"("loc":["body"],)") != std::string::npos);
        CPPUNIT_ASSERT_EQUAL(422, client_->post("/likes/5", "\"\xFF\"").status);
        CPPUNIT_ASSERT_EQUAL(422, client_->post("/likes/5", "null").status);
        CPPUNIT_ASSERT_EQUAL(422, client_->post("/likes/5", std::string(100000, '[')).status);
    }
    void takesAJsonBodyWithoutContentType() {
        echo();
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"a":1})"), client_->send("POST", "/echo", R"({"a":1})").body);
        CPPUNIT_ASSERT_EQUAL(200,
                             client_->send("POST", "/echo", "{}", "application/json; charset=utf-8").status);
        server_->get("/hello", [](const Request&) { return Response::json(Json::object()); });
        CPPUNIT_ASSERT_EQUAL(200, client_->send("GET", "/hello", "", "text/plain").status);
    }
    void readsFormFields() {
        sdk::RouteSpec spec = getSpec("/token");
        spec.method = sdk::Method::kPost;
        spec.body_kind = sdk::BodyKind::kForm;
        spec.body = sdk::Schema::object({{"username", sdk::Schema::string()}, {"n", sdk::Schema::integer()}});
        server_->route(spec, [](const Request& request) { return Response::json(request.body); });
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"username":"a b","n":3})"),
                             client_->postForm("/token", {{"username", "a b"}, {"n", "3"}}).body);
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"username":"x","n":4})"),
                             client_->postMultipart("/token", {{"username", "x"}, {"n", "4"}}).body);
        const HttpReply missing = client_->post("/token", R"({"username":"x","n":4})");
        CPPUNIT_ASSERT_EQUAL(422, missing.status);
        CPPUNIT_ASSERT_EQUAL(std::string("missing"), missing.text("detail[0].type"));
        CPPUNIT_ASSERT_EQUAL(std::string("username"), missing.text("detail[0].loc[1]"));
    }
    void turnsErrorsIntoReplies() {
        server_->get("/fail/{how}", [](const Request& request) -> Response {
            const std::string how = request.parameters["how"].asString();
            using sdk::Error;
            using sdk::ErrorCode;
            if (how == "conflict") throw Error(ErrorCode::kConflict, "Taken.");
            if (how == "many") throw Error(ErrorCode::kTooManyRequests, "Slow down.").withRetryAfter(1500ms);
            if (how == "away")
                throw Error(ErrorCode::kUnavailable, "Could not send the e-mail. Please try again.");
            if (how == "unique") throw Error(ErrorCode::kUniqueViolation, "key users_email");
            throw Error(ErrorCode::kInvalidArgument, "Bad.", Json::array({1, 2}));
        });
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"Taken."})"), client_->get("/fail/conflict").body);
        const HttpReply many = client_->get("/fail/many");
        CPPUNIT_ASSERT_EQUAL(429, many.status);
        CPPUNIT_ASSERT_EQUAL(std::string("2"), many.header("retry-after"));
        const HttpReply away = client_->get("/fail/away");
        CPPUNIT_ASSERT_EQUAL(503, away.status);
        CPPUNIT_ASSERT(!away.header("retry-after").empty());
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"Internal Server Error"})"),
                             client_->get("/fail/unique").body);
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":[1,2]})"), client_->get("/fail/list").body);
    }
    void tellsAStrangerNothingOfAnException() {
        server_->get("/throw", [](const Request&) -> Response { throw std::runtime_error("SELECT secret"); });
        server_->get("/odd", [](const Request&) -> Response { throw 7; });
        const HttpReply reply = client_->get("/throw");
        CPPUNIT_ASSERT_EQUAL(500, reply.status);
        CPPUNIT_ASSERT_EQUAL(std::string(R"({"detail":"Internal Server Error"})"), reply.body);
        CPPUNIT_ASSERT_EQUAL(500, client_->get("/odd").status);
        CPPUNIT_ASSERT(server_->log.mentions("SELECT secret"));
        CPPUNIT_ASSERT_EQUAL(1.0, server_->metrics.value("connections"));
    }
    void ignoresAnUpgradeWhereThereIsNoSocket() {
        server_->get("/hello", [](const Request&) { return Response::json(Json::object()); });
        CPPUNIT_ASSERT_EQUAL(200, SocketClient::handshake(server_->url(), "/hello").status);
        CPPUNIT_ASSERT_EQUAL(404, SocketClient::handshake(server_->url(), "/nowhere").status);
    }
    void sendsLargeReplies() {
        const std::string large(3 << 20, 'x');
        server_->get("/large", [&](const Request&) {
            Response response;
            response.body = large;
            return response;
        });
        CPPUNIT_ASSERT(client_->get("/large").body == large);
        CPPUNIT_ASSERT(client_->get("/large").body == large);
    }
    void removesRoutesAndWaitsForTheirCalls() {
        Barrier barrier;
        std::atomic<bool> returned{false};
        auto handle = server_->gateway.addRoute("test", getSpec("/slow"), [&](const Request&) {
            barrier.wait();
            returned = true;
            return Response::json(Json::object());
        });
        std::thread caller([&] { HttpClient(server_->url()).get("/slow"); });
        CPPUNIT_ASSERT(waitFor([&] { return barrier.waiting() == 1; }));
        std::atomic<bool> removed{false};
        std::thread remover([&] {
            handle.reset();
            removed = true;
        });
        CPPUNIT_ASSERT(waitFor([&] { return client_->post("/slow").status == 404; }));
        CPPUNIT_ASSERT(!removed);
        barrier.open();
        remover.join();
        CPPUNIT_ASSERT(returned);
        caller.join();
    }
    void refusesTwoRoutesOfOneKind() {
        server_->get("/a", [](const Request&) { return Response::json(Json::object()); });
        CPPUNIT_ASSERT_THROW(server_->get("/a", [](const Request&) { return Response(); }), sdk::Error);
        sdk::RouteSpec spec = getSpec("/b");
        spec.pool = "nobody's";
        CPPUNIT_ASSERT_THROW(server_->route(spec, nullptr), sdk::Error);
        spec.pool = "requests";
        spec.parameters = sdk::Schema::object({{"id", sdk::Schema::id()}});
        CPPUNIT_ASSERT_THROW(server_->route(spec, nullptr), sdk::Error);
        CPPUNIT_ASSERT_EQUAL(200, client_->get("/a").status);
        CPPUNIT_ASSERT_EQUAL(404, client_->get("/b").status);
    }
    void takesTheClientsAddressFromTrustedProxiesOnly() {
        const auto peer = [](const Request& request) {
            return Response::json(Json::object({{"peer", request.peer}, {"id", request.id}}));
        };
        const Fields headers{{"X-Forwarded-For", "203.0.113.9"}, {"X-Request-Id", "given-id"}};
        server_->get("/peer", peer);
        CPPUNIT_ASSERT_EQUAL(std::string("127.0.0.1"),
                             client_->send("GET", "/peer", "", "", headers).text("peer"));
        TestGateway::Options options{TestGateway::quick()};
        options.settings.trusted_proxies = {"127.0.0.0/8"};
        TestGateway behind(options);
        behind.get("/peer", peer);
        const HttpReply reply = HttpClient(behind.url()).send("GET", "/peer", "", "", headers);
        CPPUNIT_ASSERT_EQUAL(std::string("203.0.113.9"), reply.text("peer"));
        CPPUNIT_ASSERT_EQUAL(std::string("given-id"), reply.header("x-request-id"));
        // HAProxy puts its line behind what the client has made up.
        RawConnection liar(behind.url());
        liar.send(
            "GET /peer HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: 127.0.0.1\r\n"
            "X-Forwarded-For: 203.0.113.9\r\n\r\n");
        CPPUNIT_ASSERT(liar.receive().find(R"("peer":"203.0.113.9")") != std::string::npos);
    }
    void runsAHandlerOnThePluginsOwnPool() {
        server_->pools.create("test.hashing", 1, 1);
        Barrier barrier;
        sdk::RouteSpec spec = getSpec("/hash");
        spec.pool = "hashing";
        server_->route(spec, [&](const Request&) {
            barrier.wait();
            return Response::json(Json::object());
        });
        server_->get("/hello", [](const Request&) { return Response::json(Json::object()); });
        std::vector<std::thread> callers;
        std::atomic<int> refused{0};
        for (int i = 0; i < 6; ++i) {
            callers.emplace_back([&] {
                if (HttpClient(server_->url()).get("/hash").status == 503) ++refused;
            });
            // The first must have left the queue's one place before the others come.
            if (i == 0) CPPUNIT_ASSERT(waitFor([&] { return barrier.waiting() == 1; }));
        }
        CPPUNIT_ASSERT(waitFor([&] { return refused == 4; }));
        CPPUNIT_ASSERT_EQUAL(200, client_->get("/hello").status);
        barrier.open();
        for (std::thread& caller : callers) caller.join();
        CPPUNIT_ASSERT_EQUAL(4, refused.load());
    }
    /// Not when it began to come, nor when its turn came.
    void tellsAHandlerWhenItsRequestHadCome() {
        server_->pools.create("test.one", 1, 1);
        Barrier barrier;
        sdk::RouteSpec spec = getSpec("/when");
        spec.method = sdk::Method::kPost;
        spec.body_kind = sdk::BodyKind::kJson;
        spec.pool = "one";
        server_->route(spec, [&](const Request& request) {
            barrier.wait();
            return Response::json(Json::object({{"came", sdk::toMicros(request.received_at)}}));
        });
        std::thread first([&] { HttpClient(server_->url()).post("/when"); });
        CPPUNIT_ASSERT(waitFor([&] { return barrier.waiting() == 1; }));

        RawConnection second(server_->url());
        second.send("POST /when HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
        second.receiveUntil("100 Continue\r\n\r\n");
        const sdk::Time before = server_->clock.now();
        second.send("{}");
        const auto waits = [&] { return server_->metrics.value("pool_depth", {{"pool", "test.one"}}) == 1; };
        CPPUNIT_ASSERT(waitFor(waits));
        const sdk::Time after = server_->clock.now();
        barrier.open();
        first.join();
        const std::string reply = second.receiveUntil("}");
        const sdk::Time came = sdk::fromMicros(std::stoll(reply.substr(reply.find("\"came\":") + 7)));
        CPPUNIT_ASSERT(before <= came && came <= after);
    }
    void servesWithoutAnAuthenticatorWhatNeedsNone() {
        server_->get("/hello", [](const Request&) { return Response::json(Json::object()); });
        server_->route(getSpec("/me", sdk::Auth::kBearer),
                       [](const Request&) { return Response::json(Json::object()); });
        server_->gateway.setAuthenticator(nullptr);
        client_->setBearer("good-1");
        CPPUNIT_ASSERT_EQUAL(503, client_->get("/me").status);
        CPPUNIT_ASSERT_EQUAL(200, client_->get("/hello").status);
        server_->gateway.setAuthenticator(&server_->tokens);
        CPPUNIT_ASSERT_EQUAL(200, client_->get("/me").status);
    }

private:
    void echo() {
        sdk::RouteSpec spec = getSpec("/echo");
        spec.method = sdk::Method::kPost;
        spec.body_kind = sdk::BodyKind::kJson;
        server_->route(spec, [](const Request& request) { return Response::json(request.body); });
    }

    std::unique_ptr<TestGateway> server_;
    std::unique_ptr<HttpClient> client_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(HttpTest);

}  // namespace linkup::test
