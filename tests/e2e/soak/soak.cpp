// The long form of soak_test. usage: soak [MINUTES], 20 by default.
#include <cstdio>
#include <exception>
#include <string>

#include "soak_run.h"

int main(int count, char** arguments) {
    using namespace linkup::soak;
    try {
        const auto minutes = std::chrono::minutes(count > 1 ? std::stoi(arguments[1]) : 20);
        SoakRun soak({.duration = minutes,
                      .pairs = 60,
                      .visitors = 800,
                      .threads = 4,
                      .messages_per_second = 150,
                      .memory_factor = 1.1,
                      .memory_mib = 4});
        std::printf("soak of %ld minutes begins\n", static_cast<long>(minutes.count()));
        std::fflush(stdout);
        const auto faults = soak.run();
        for (const auto& line : soak.report()) std::printf("%s\n", line.c_str());
        for (const auto& fault : faults) std::printf("WRONG: %s\n", fault.c_str());
        std::printf("%zu things are wrong\n", faults.size());
        return faults.empty() ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "soak: %s\n", error.what());
        return 1;
    }
}
