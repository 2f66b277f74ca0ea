#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <thread>

#include "gateway_fixture.h"

namespace linkup::test {

using sdk::Json;
using sdk::PendingRequest;
using sdk::Response;

/// Work that is taken up together, in the pool and behind a route.
class BatchTest : public CppUnit::TestFixture {
    CPPUNIT_TEST_SUITE(BatchTest);
    CPPUNIT_TEST(aPieceThatComesAloneWaitsForNoOther);
    CPPUNIT_TEST(piecesThatCameMeanwhileGoTogether);
    CPPUNIT_TEST(piecesCountAsWorkThatWaits);
    CPPUNIT_TEST(otherWorkIsNotKeptWaitingByALaneThatGoesOn);
    CPPUNIT_TEST(doesWhatWaitsInALaneBeforeThePoolStops);
    CPPUNIT_TEST(answersTogetherWhatWaitsForARoute);
    CPPUNIT_TEST(oneRequestOfABatchFailsAlone);
    CPPUNIT_TEST(whatTheHandlerThrowsIsTheErrorOfAllWithoutAnAnswer);
    CPPUNIT_TEST(aRequestThatIsForgottenGetsAnAnswerAllTheSame);
    CPPUNIT_TEST(aFullPoolRefusesBatchedRequestsToo);
    CPPUNIT_TEST(aRouteThatGoesWaitsForItsBatch);
    CPPUNIT_TEST_SUITE_END();

    /// Keeps how many came at once; stops at a barrier if there is one.
    class Lane final : public daemon::WorkLane {
    public:
        using WorkLane::WorkLane;
        std::vector<std::size_t> sizes() const {
            const std::lock_guard lock(mutex_);
            return sizes_;
        }
        std::size_t done() const {
            std::size_t sum = 0;
            for (const std::size_t size : sizes()) sum += size;
            return sum;
        }
        Barrier* barrier = nullptr;

    private:
        void run(std::span<daemon::Queued* const> pieces) noexcept override {
            if (barrier != nullptr) barrier->wait();
            const std::lock_guard lock(mutex_);
            sizes_.push_back(pieces.size());
        }
        mutable std::mutex mutex_;
        std::vector<std::size_t> sizes_;
    };
    struct Piece final : daemon::Queued {
        Piece() = default;
    };

    /// Two calls of it wait at the barrier, one piece each.
    static void occupy(daemon::WorkerPool& pool, Lane& lane, std::span<Piece> two, const Barrier& barrier) {
        for (int i = 0; i < 2; ++i) {
            CPPUNIT_ASSERT(pool.post(two[static_cast<std::size_t>(i)], lane));
            CPPUNIT_ASSERT(waitFor([&] { return barrier.waiting() == i + 1; }));
        }
    }

public:
    void setUp() override { server_ = std::make_unique<TestGateway>(); }
    void tearDown() override { server_.reset(); }

    void aPieceThatComesAloneWaitsForNoOther() {
        Piece piece;
        daemon::WorkerPool pool("p", 2, 100, server_->log, server_->metrics);
        const auto lane = std::make_shared<Lane>(pool, 8);
        CPPUNIT_ASSERT(pool.post(piece, *lane));
        CPPUNIT_ASSERT(waitFor([&] { return lane->done() == 1; }));
    }
    void piecesThatCameMeanwhileGoTogether() {
        Barrier barrier;
        std::array<Piece, 12> pieces;
        daemon::WorkerPool pool("p", 4, 100, server_->log, server_->metrics);
        const auto lane = std::make_shared<Lane>(pool, 8);
        lane->barrier = &barrier;
        occupy(pool, *lane, pieces, barrier);
        for (std::size_t i = 2; i < pieces.size(); ++i) CPPUNIT_ASSERT(pool.post(pieces[i], *lane));
        barrier.open();
        CPPUNIT_ASSERT(waitFor([&] { return lane->done() == pieces.size(); }));
        std::vector<std::size_t> sizes = lane->sizes();
        std::sort(sizes.begin(), sizes.end());
        CPPUNIT_ASSERT(sizes == (std::vector<std::size_t>{1, 1, 2, 8}));
    }
    void piecesCountAsWorkThatWaits() {
        Barrier barrier;
        std::array<Piece, 5> pieces;
        daemon::WorkerPool pool("p", 4, 2, server_->log, server_->metrics);
        const auto lane = std::make_shared<Lane>(pool, 8);
        lane->barrier = &barrier;
        occupy(pool, *lane, pieces, barrier);
        CPPUNIT_ASSERT_EQUAL(std::size_t{0}, pool.depth());
        CPPUNIT_ASSERT(pool.age().count() == 0);
        CPPUNIT_ASSERT(pool.post(pieces[2], *lane) && pool.post(pieces[3], *lane));
        CPPUNIT_ASSERT(pool.full());
        CPPUNIT_ASSERT(!pool.post(pieces[4], *lane));
        CPPUNIT_ASSERT(waitFor([&] { return pool.age() > std::chrono::milliseconds(1); }));
        const std::uint64_t taken = pool.progress().count;
        barrier.open();
        CPPUNIT_ASSERT(waitFor([&] { return lane->done() == 4; }));
        CPPUNIT_ASSERT_EQUAL(taken + 2, pool.progress().count);
        CPPUNIT_ASSERT(waitFor([&] { return pool.depth() == 0 && pool.age().count() == 0; }));
    }
    void otherWorkIsNotKeptWaitingByALaneThatGoesOn() {
        Barrier barrier;
        std::array<Piece, 40> pieces;
        daemon::WorkerPool pool("p", 1, 100, server_->log, server_->metrics);
        const auto lane = std::make_shared<Lane>(pool, 1);
        lane->barrier = &barrier;
        CPPUNIT_ASSERT(pool.post(pieces[0], *lane));
        CPPUNIT_ASSERT(waitFor([&] { return barrier.waiting() == 1; }));
        for (std::size_t i = 1; i < pieces.size(); ++i) CPPUNIT_ASSERT(pool.post(pieces[i], *lane));
        std::atomic<std::size_t> before{0};
        CPPUNIT_ASSERT(pool.post([&] { before = lane->done(); }));
        barrier.open();
        CPPUNIT_ASSERT(waitFor([&] { return lane->done() == pieces.size(); }));
        CPPUNIT_ASSERT(before > 0 && before <= 3);
    }
    void doesWhatWaitsInALaneBeforeThePoolStops() {
        std::array<Piece, 100> pieces;
        daemon::WorkerPool pool("p", 2, 1000, server_->log, server_->metrics);
        const auto lane = std::make_shared<Lane>(pool, 3);
        for (Piece& piece : pieces) CPPUNIT_ASSERT(pool.post(piece, *lane));
        pool.stop();
        CPPUNIT_ASSERT_EQUAL(pieces.size(), lane->done());
        Piece late;
        CPPUNIT_ASSERT(!pool.post(late, *lane));
    }

    void answersTogetherWhatWaitsForARoute() {
        std::mutex mutex;
        std::vector<std::size_t> sizes;
        Barrier barrier;
        batch("/echo/{name}", 16, [&](std::span<PendingRequest> pending) {
            barrier.wait();
            const std::lock_guard lock(mutex);
            sizes.push_back(pending.size());
            for (PendingRequest& each : pending) each.response = Response::json(each.request.parameters);
        });
        const auto replies = askMany(6, barrier);
        for (int i = 0; i < 6; ++i) {
            CPPUNIT_ASSERT_EQUAL(200, replies[static_cast<std::size_t>(i)].status);
            CPPUNIT_ASSERT_EQUAL(std::to_string(i), replies[static_cast<std::size_t>(i)].text("name"));
        }
        std::sort(sizes.begin(), sizes.end());
        CPPUNIT_ASSERT(sizes == (std::vector<std::size_t>{1, 1, 4}));
    }
    void oneRequestOfABatchFailsAlone() {
        Barrier barrier;
        batch("/echo/{name}", 16, [&](std::span<PendingRequest> pending) {
            barrier.wait();
            for (PendingRequest& each : pending) {
                if (each.request.parameters["name"].asString() == "3") {
                    each.error.emplace(sdk::ErrorCode::kConflict, "Not this one");
                } else {
                    each.response = Response::json(Json::object());
                }
            }
        });
        const auto replies = askMany(6, barrier);
        for (std::size_t i = 0; i < replies.size(); ++i)
            CPPUNIT_ASSERT_EQUAL(i == 3 ? 409 : 200, replies[i].status);
        CPPUNIT_ASSERT_EQUAL(std::string("Not this one"), replies[3].text("detail"));
    }
    void whatTheHandlerThrowsIsTheErrorOfAllWithoutAnAnswer() {
        Barrier barrier;
        batch("/echo/{name}", 16, [&](std::span<PendingRequest> pending) {
            barrier.wait();
            for (PendingRequest& each : pending) {
                if (each.request.parameters["name"].asString() == "4")
                    each.response = Response::json(Json::object());
            }
            throw std::runtime_error("SELECT secret");
        });
        const auto replies = askMany(6, barrier);
        for (std::size_t i = 0; i < replies.size(); ++i) {
            CPPUNIT_ASSERT_EQUAL(i == 4 ? 200 : 500, replies[i].status);
            CPPUNIT_ASSERT(replies[i].body.find("secret") == std::string::npos);
        }
        CPPUNIT_ASSERT(server_->log.mentions("SELECT secret"));
    }
    void aRequestThatIsForgottenGetsAnAnswerAllTheSame() {
        batch("/echo/{name}", 16, [](std::span<PendingRequest>) {});
        CPPUNIT_ASSERT_EQUAL(500, HttpClient(server_->url()).get("/echo/a").status);
        CPPUNIT_ASSERT(server_->log.mentions("without an answer"));
    }
    void aFullPoolRefusesBatchedRequestsToo() {
        TestGateway::Options options{TestGateway::quick()};
        options.queue = 1;
        server_ = std::make_unique<TestGateway>(options);
        Barrier barrier;
        batch("/echo/{name}", 16, [&](std::span<PendingRequest> pending) {
            barrier.wait();
            for (PendingRequest& each : pending) each.response = Response::json(Json::object());
        });
        std::vector<std::thread> callers;
        std::atomic<int> refused{0};
        for (int i = 0; i < 6; ++i) {
            callers.emplace_back([&] {
                if (HttpClient(server_->url()).get("/echo/a").status == 503) ++refused;
            });
            if (i < 2) CPPUNIT_ASSERT(waitFor([&] { return barrier.waiting() == i + 1; }));
        }
        CPPUNIT_ASSERT(waitFor([&] { return refused == 3; }));
        barrier.open();
        for (std::thread& caller : callers) caller.join();
        CPPUNIT_ASSERT_EQUAL(3, refused.load());
    }
    void aRouteThatGoesWaitsForItsBatch() {
        Barrier barrier;
        std::atomic<int> calls{0};
        std::atomic<bool> returned{false};
        auto handle = server_->gateway.addBatchRoute("test", getSpec("/slow"), 4, [&](auto pending) {
            const bool first = calls++ == 0;
            if (first) barrier.wait();  // not those who ask whether the route has gone
            for (PendingRequest& each : pending) each.response = Response::json(Json::object());
            if (first) returned = true;
        });
        std::atomic<int> status{0};
        std::thread caller([&] { status = HttpClient(server_->url()).get("/slow").status; });
        CPPUNIT_ASSERT(waitFor([&] { return barrier.waiting() == 1; }));
        std::atomic<bool> removed{false};
        std::thread remover([&] {
            handle.reset();
            removed = true;
        });
        CPPUNIT_ASSERT(waitFor([&] { return HttpClient(server_->url()).get("/slow").status == 404; }));
        CPPUNIT_ASSERT(!removed);
        barrier.open();
        remover.join();
        CPPUNIT_ASSERT(returned);
        caller.join();
        CPPUNIT_ASSERT_EQUAL(200, status.load());
    }

private:
    void batch(const std::string& path, std::size_t most, sdk::HttpBatchHandler handler) {
        sdk::RouteSpec spec = getSpec(path);
        spec.parameters = sdk::Schema::object({{"name", sdk::Schema::string()}});
        server_->handles.push_back(
            server_->gateway.addBatchRoute("test", std::move(spec), most, std::move(handler)));
    }
    /// GET /echo/0, /echo/1, …: the first two each alone, the others while these are at the barrier.
    std::vector<HttpReply> askMany(int count, Barrier& barrier) {
        std::vector<HttpReply> replies(static_cast<std::size_t>(count));
        std::vector<std::thread> callers;
        for (int i = 0; i < count; ++i) {
            callers.emplace_back([&, i] {
                replies[static_cast<std::size_t>(i)] =
                    HttpClient(server_->url()).get("/echo/" + std::to_string(i));
            });
            if (i < 2) CPPUNIT_ASSERT(waitFor([&] { return barrier.waiting() == i + 1; }));
        }
        CPPUNIT_ASSERT(waitFor([&] {
            return server_->metrics.value("pool_depth", {{"pool", "requests"}}) ==
                   static_cast<double>(count - 2);
        }));
        barrier.open();
        for (std::thread& caller : callers) caller.join();
        return replies;
    }

    std::unique_ptr<TestGateway> server_;
};
CPPUNIT_TEST_SUITE_REGISTRATION(BatchTest);

}  // namespace linkup::test
