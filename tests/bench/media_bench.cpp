// What an upload of a 4-megapixel JPEG takes, beside the vips command line doing the same work, and what
// eight at once do to everybody else.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "bench_town.h"
#include "http_client.h"
#include "http_load.h"

using namespace linkup::bench;
using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

namespace {

constexpr int kRounds = 9;
constexpr int kPhones = 8;
constexpr int kComparisons = 5;
/// Reads of /me a second, when others feel what uploads cost.
constexpr double kReads = 500;
constexpr double kWantedShare = 0.8;
constexpr double kWantedSlowdown = 3;
constexpr const char* kPicture = "/usr/lib/python3/dist-packages/skimage/data/astronaut.png";

void runCommand(std::vector<std::string> command) {
    linkup::test::Process process({.command = std::move(command)});
    if (process.wait() != 0) throw std::runtime_error(process.output());
}

std::string contentOf(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

void upload(linkup::test::HttpClient& http, const std::string& picture) {
    const auto reply =
        http.postMultipart("/api/v1/upload/media-user",
                           {{"media_type", "image"}, {"file", picture, "x.jpg", "application/octet-stream"}});
    if (reply.status != 200) throw std::runtime_error(reply.body);
}

template <class Work>
double medianTime(Work work) {
    std::vector<double> times;
    for (int round = 0; round < kRounds; ++round) {
        const auto begin = Clock::now();
        work();
        times.push_back(Milliseconds(Clock::now() - begin).count());
    }
    return median(times);
}

void alone(BenchTown& town, const std::string& token, const std::filesystem::path& jpeg) {
    linkup::test::HttpClient http(town.daemon().url());
    http.setBearer(token);
    const std::string picture = contentOf(jpeg);
    const double ours = medianTime([&] { upload(http, picture); });
    const double vips = medianTime([&] {
        runCommand({"vipsthumbnail", jpeg.string(), "--size", "1600x1600>", "-o",
                    jpeg.string() + ".webp[Q=80,strip]"});
    });
    std::printf("4-megapixel JPEG: %.0f ms, vips %.0f ms   ratio %.2f (wanted >= %.2f: %s)\n", ours, vips,
                vips / ours, kWantedShare, verdict(vips / ours >= kWantedShare));
}

void together(BenchTown& town, const std::string& token, const std::string& picture) {
    const HttpLoad me{.port = town.port(),
                      .path = "/api/v1/me",
                      .token = token,
                      .connections = 8,
                      .duration = std::chrono::seconds{3},
                      .rate = kReads};
    run(me);  // warm
    std::vector<double> quiet;
    std::vector<double> busy;
    std::atomic<int> uploads{0};
    for (int round = 0; round < kComparisons; ++round) {
        quiet.push_back(static_cast<double>(run(me).p99.count()));
        std::atomic<bool> done{false};
        std::vector<std::jthread> phones;
        for (int i = 0; i < kPhones; ++i) {
            phones.emplace_back([&] {
                linkup::test::HttpClient http(town.daemon().url());
                http.setBearer(token);
                for (; !done; ++uploads) upload(http, picture);
            });
        }
        busy.push_back(static_cast<double>(run(me).p99.count()));
        done = true;
    }
    const double ratio = median(busy) / median(quiet);
    std::printf(
        "/me p99 at %.0f/s with %d uploads at once (%d done): %.1f ms, %.1f ms without   ratio %.1f (wanted "
        "<= "
        "%.0f: %s)\n",
        kReads, kPhones, uploads.load(), median(busy) / 1000, median(quiet) / 1000, ratio, kWantedSlowdown,
        verdict(ratio <= kWantedSlowdown));
}

}  // namespace

int main() {
    try {
        const linkup::test::TemporaryFolder folder;
        const auto jpeg = folder / "camera.jpg";
        runCommand({"vips", "resize", kPicture, jpeg.string(), "3.91"});
        BenchTown town(BenchTown::Store::kSqlite, 2);
        const std::string token = town.tokens(1).front();
        alone(town, token, jpeg);
        together(town, token, contentOf(jpeg));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "media_bench: %s\n", error.what());
        return 1;
    }
}
