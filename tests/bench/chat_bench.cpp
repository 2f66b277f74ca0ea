// What chat carries, beside what the same PostgreSQL does by itself, with client, server and database on the
// same processors. usage: chat_bench [PART...], of rate, latency, resume, history, idle, nodes
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <span>
#include <string_view>

#include "bench_town.h"
#include "chat_load.h"
#include "http_load.h"
#include "idle_sockets.h"
#include "pgbench.h"
#include "private_redis.h"

using namespace linkup::bench;
using linkup::test::LinkupDaemon;
using std::chrono::microseconds;

namespace {

constexpr int kPairs = 100;
constexpr int kRounds = 3;
constexpr int kWindow = 8;
constexpr std::size_t kTextBytes = 64;
constexpr std::chrono::seconds kRound{5};

constexpr int kComebacks = 1000;
constexpr int kMissed = 20;  // messages that each of them missed
constexpr int kPeople = 2 * kPairs + kComebacks;

constexpr int kSockets = 20'000;
constexpr int kOtherFiles = 500;      // that a process has open besides
constexpr int kLongChat = 1'000'000;  // messages
constexpr int kShortChat = 1000;
constexpr int kLongChatId = 1001;
constexpr int kShortChatId = 1002;
constexpr int kInsertChats = 2000;  // the first of those that pgbench writes into
constexpr int kInserters = 32;
constexpr int kLogFiles = 100;

double milliseconds(microseconds time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

/// Chat i is that of the people 2i - 1 and 2i. Those who come back find a hundred messages there.
void fill(linkup::test::PrivatePostgres& postgres) {
    const auto run = [&](const std::string& sql) { postgres.query(sql, "linkup"); };
    const auto rooms = [&](const std::string& rows) {
        run("INSERT INTO chat_rooms (id, low_id, high_id, last_seq, last_at, created_at) " + rows);
    };
    const auto messages = [&](const std::string& chats, int count) {
        run("INSERT INTO chat_messages (chat_id, seq, message_id, sender_id, body, created_at) "
            "SELECT r.id, n, gen_random_uuid()::text, CASE WHEN n % 2 = 0 THEN r.low_id ELSE r.high_id END, "
            "repeat('x', " +
            std::to_string(kTextBytes) + "), n FROM chat_rooms r, generate_series(1, " +
            std::to_string(count) + ") n WHERE " + chats + " ORDER BY r.id, n");
    };
    const std::string pairs = std::to_string(kPairs);
    rooms("SELECT i, 2 * i - 1, 2 * i, CASE WHEN i > " + pairs + " THEN 100 ELSE 0 END, 0, 0 " +
          "FROM generate_series(1, " + std::to_string(kPeople / 2) + ") i");
    rooms("VALUES (" + std::to_string(kLongChatId) + ", 1, 3, " + std::to_string(kLongChat) + ", 0, 0), (" +
          std::to_string(kShortChatId) + ", 1, 5, " + std::to_string(kShortChat) + ", 0, 0)");
    rooms("SELECT " + std::to_string(kInsertChats) +
          " + i, i + 1, i + 1001, 0, 0, 0 FROM generate_series(0, " + std::to_string(kInserters - 1) + ") i");
    run("INSERT INTO chat_participants (chat_id, user_id, delivered_seq, seen_seq) "
        "SELECT id, low_id, 0, 0 FROM chat_rooms UNION ALL SELECT id, high_id, 0, 0 FROM chat_rooms");
    messages("r.id > " + pairs + " AND r.id < " + std::to_string(kLongChatId), 100);
    messages("r.id = " + std::to_string(kLongChatId), kLongChat);
    messages("r.id = " + std::to_string(kShortChatId), kShortChat);
    run("VACUUM ANALYZE");
    // A server that has run for a while uses its log files again. A new one makes each when it is needed, 16
    // MiB of zeros, while all commits wait.
    run("DO $$ BEGIN FOR i IN 1.." + std::to_string(kLogFiles) +
        " LOOP PERFORM pg_logical_emit_message(false, '', ''); PERFORM pg_switch_wal(); END LOOP; END $$");
    run("CHECKPOINT");
}

/// The row of a message, by itself in a transaction; each client writes in a chat of its own.
std::string insertScript(int first_seq) {
    return "INSERT INTO chat_messages (chat_id, seq, message_id, sender_id, body, reply_id, media, "
           "created_at) VALUES (" +
           std::to_string(kInsertChats) + " + :client_id, " + std::to_string(first_seq) +
           " + :n, gen_random_uuid()::text, :client_id + 1, '" + std::string(kTextBytes, 'x') +
           "', NULL, NULL, 1764000000000000);";
}

class ChatBench {
public:
    explicit ChatBench(std::span<char*> parts)
        : parts_(parts.begin(), parts.end()),
          files_(IdleSockets::allowFilesUpTo(kSockets + kOtherFiles)),
          town_(BenchTown::Store::kPostgresql, kPeople,
                {{"chat.limits.message.per_second", "0"}, {"chat.limits.resume.per_second", "0"}},
                {"shared_buffers=1GB", "min_wal_size=2GB", "max_wal_size=4GB"}) {
        fill(town_.postgres());
        tokens_ = town_.tokens(kPeople);
    }

    void run() {
        if (wanted("rate") || wanted("latency") || wanted("resume")) oneNode();
        if (wanted("history")) history();
        if (wanted("idle")) idle();
        if (wanted("nodes")) twoNodes();
    }

private:
    bool wanted(std::string_view part) const {
        return parts_.empty() || std::find(parts_.begin(), parts_.end(), part) != parts_.end();
    }

    ChatUser user(int number, std::uint16_t port) const {
        return {number, tokens_.at(static_cast<std::size_t>(number - 1)), port};
    }

    std::vector<ChatPair> pairs(int count, std::uint16_t one_port, std::uint16_t other_port) const {
        std::vector<ChatPair> pairs;
        for (int i = 1; i <= count; ++i)
            pairs.push_back({user(2 * i - 1, one_port), user(2 * i, other_port), i});
        return pairs;
    }

    PgbenchResult inserts(int clients) {
        const int first_seq = 10'000'000 * insertions_++;
        return runPgbench(town_.postgres(), insertScript(first_seq), clients, kRound);
    }

    /// What the load at full rate left in the page cache would be written out in one burst, beside the load
    /// that is measured.
    static void settleDisk() { ::sync(); }

    void oneNode() {
        // Before the others are there: of these two one would have a second device, and nobody reads there
        // meanwhile.
        if (wanted("latency")) lonePair();
        ChatLoad load(pairs(kPairs, town_.port(), town_.port()), kTextBytes);
        load.saturate(kWindow, std::chrono::seconds(1));  // warm
        std::vector<double> rates;
        std::vector<double> insert_rates;
        for (int round = 0; round < kRounds; ++round) {
            insert_rates.push_back(inserts(kInserters).per_second);
            rates.push_back(load.saturate(kWindow, kRound));
        }
        const double rate = median(rates);
        const double ratio = rate / median(insert_rates);
        if (wanted("rate")) {
            say("messages, acked and delivered: %.0f/s; single-row inserts, %d clients: %.0f/s   ratio "
                "%.2f (wanted >= 2: %s)",
                rate, kInserters, median(insert_rates), ratio, verdict(ratio >= 2));
        }
        if (wanted("latency")) latency(load, rate / 2);
        if (wanted("resume")) resume(load, rate / 2);
    }

    void latency(ChatLoad& load, double rate) {
        settleDisk();
        const auto at_half = load.runOpenLoop(rate, 2 * kRound);
        say("at %.0f/s: ack p50 %.1f ms, p99 %.1f ms (wanted <= 15: %s), worst %.1f ms", rate,
            milliseconds(at_half.ack.median), milliseconds(at_half.ack.p99),
            verdict(at_half.ack.p99 <= std::chrono::milliseconds(15)), milliseconds(at_half.ack.worst));
        say("at %.0f/s: delivery p50 %.1f ms, p99 %.1f ms (wanted <= 20: %s), worst %.1f ms", rate,
            milliseconds(at_half.delivery.median), milliseconds(at_half.delivery.p99),
            verdict(at_half.delivery.p99 <= std::chrono::milliseconds(20)),
            milliseconds(at_half.delivery.worst));
    }

    void lonePair() {
        ChatLoad lone(pairs(1, town_.port(), town_.port()), kTextBytes);
        lone.oneByOne(std::chrono::seconds(1));  // warm
        const auto insert = inserts(1).median;
        const auto ack = lone.oneByOne(kRound).median;
        const auto seldom = lone.runOpenLoop(50, kRound).ack.median;
        say("a lone pair: send to ack p50 %.2f ms, one after the other; inserts in the same way: p50 %.2f ms "
            "  "
            "difference %.2f ms (wanted <= 0.5: %s); at 50/s: p50 %.2f ms",
            milliseconds(ack), milliseconds(insert), milliseconds(ack - insert),
            verdict(ack - insert <= microseconds(500)), milliseconds(seldom));
    }

    void resume(ChatLoad& load, double rate) {
        std::vector<Comeback> comebacks;
        for (int i = 0; i < kComebacks; ++i) {
            const int number = 2 * kPairs + 1 + i;
            comebacks.push_back({user(number, town_.port()), (number + 1) / 2, 100 - kMissed});
        }
        settleDisk();
        const auto times = load.runOpenLoop(rate, 2 * kRound, comebacks).resume;
        say("%zu reconnects with resume of %d messages at %.0f/s: p50 %.1f ms, p99 %.1f ms (wanted <= 100: "
            "%s), worst %.1f ms",
            times.count, kMissed, rate, milliseconds(times.median), milliseconds(times.p99),
            verdict(times.p99 <= std::chrono::milliseconds(100)), milliseconds(times.worst));
    }

    double pagesPerSecond(int chat, std::uint16_t port) const {
        HttpLoad load{.port = port, .path = "/api/v1/chats/get/chat-paginated", .token = tokens_.front()};
        load.method = "POST";
        load.body = R"({"chat_room_id":)" + std::to_string(chat) + R"(,"before_seq":)" +
                    std::to_string(chat == kLongChatId ? kLongChat / 2 : kShortChat / 2) + "}";
        return linkup::bench::run(load).per_second;
    }

    void history() {
        const BareServer bare(2);
        std::vector<double> long_rates;
        std::vector<double> short_rates;
        std::vector<double> bare_rates;
        pagesPerSecond(kLongChatId, town_.port());  // warm
        for (int round = 0; round < kRounds; ++round) {
            HttpLoad plain{.port = bare.port(), .path = "/"};
            bare_rates.push_back(linkup::bench::run(plain).per_second);
            long_rates.push_back(pagesPerSecond(kLongChatId, town_.port()));
            short_rates.push_back(pagesPerSecond(kShortChatId, town_.port()));
        }
        const double ratio = median(long_rates) / median(bare_rates);
        const double growth = median(short_rates) / median(long_rates);
        say("pages of history: %.0f/s; bare server %.0f/s   ratio %.2f (wanted >= 0.25: %s)",
            median(long_rates), median(bare_rates), ratio, verdict(ratio >= 0.25));
        say("a page of %d messages costs %.2f times one of %d (wanted <= 1.15: %s)", kLongChat, growth,
            kShortChat, verdict(growth <= 1.15));
    }

    void idle() {
        const pid_t daemon = town_.daemon().pid();
        const std::size_t before = residentBytes(daemon);
        IdleSockets sockets;
        // The daemon has the same limit.
        const int count = std::min(kSockets, static_cast<int>(files_) - kOtherFiles);
        for (int i = 0; i < count; ++i) {
            sockets.open(town_.port(), "/api/v1/ws/chat", tokens_.at(static_cast<std::size_t>(i % kPeople)));
        }
        const double each = static_cast<double>(residentBytes(daemon) - before) / 1024 / count;
        say("%d idle chat sockets: %.1f KiB each (wanted <= 12: %s)", count, each, verdict(each <= 12));
    }

    /// Median of the rates between the people on these ports.
    double rateBetween(std::uint16_t one_port, std::uint16_t other_port) const {
        ChatLoad load(pairs(kPairs, one_port, other_port), kTextBytes);
        load.saturate(kWindow, std::chrono::seconds(1));  // warm
        std::vector<double> rates;
        for (int round = 0; round < kRounds; ++round) rates.push_back(load.saturate(kWindow, kRound));
        return median(rates);
    }

    /// The one of each pair is on the first node, the other on the second. One node is measured once more, as
    /// the database has grown meanwhile.
    void twoNodes() {
        const double one_node = rateBetween(town_.port(), town_.port());
        town_.daemon().stop();
        const linkup::test::PrivateRedis redis;
        auto options = town_.options();
        options.settings["redis.url"] = redis.url();
        options.settings.erase("paths.state");
        LinkupDaemon first(options);
        LinkupDaemon second(options);
        const double rate = rateBetween(first.port(), second.port());
        const double ratio = rate / one_node;
        say("two nodes: %.0f/s; one node: %.0f/s   ratio %.2f (wanted >= 0.8: %s)", rate, one_node, ratio,
            verdict(ratio >= 0.8));
    }

    template <class... Values>
    static void say(const char* format, Values... values) {
        std::printf(format, values...);
        std::printf("   load %.1f\n", machineLoad());
        std::fflush(stdout);
    }

    std::vector<std::string_view> parts_;
    std::size_t files_;
    BenchTown town_;
    std::vector<std::string> tokens_;
    int insertions_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
    try {
        ChatBench(std::span(arguments + 1, static_cast<std::size_t>(count - 1))).run();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "chat_bench: %s\n", error.what());
        return 1;
    }
}
