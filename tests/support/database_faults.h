#pragma once

#include <sys/resource.h>

#include <exception>
#include <filesystem>

#include "private_postgres.h"

namespace linkup::test {

/// The PostgreSQL of the test program is away. It is started again whatever becomes of the test: others use
/// it too.
class DatabaseAway {
public:
    enum class How { kStopped, kKilled };
    explicit DatabaseAway(How how = How::kStopped) {
        how == How::kStopped ? PrivatePostgres::shared().stop() : PrivatePostgres::shared().kill();
    }
    ~DatabaseAway() {
        try {
            end();
        } catch (const std::exception&) {  // the next test will say so
        }
    }
    DatabaseAway(const DatabaseAway&) = delete;
    DatabaseAway& operator=(const DatabaseAway&) = delete;
    void end() { PrivatePostgres::shared().start(); }
};

/// Lets a process make no file longer than `file` is, as a full disk would.
class FullDisk {
public:
    FullDisk(pid_t process, const std::filesystem::path& file) : process_(process) {
        set(std::filesystem::file_size(file));
    }
    ~FullDisk() { end(); }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;
    void end() { set(RLIM_INFINITY); }

private:
    void set(rlim_t bytes) const {
        const rlimit limit{bytes, RLIM_INFINITY};
        prlimit(process_, RLIMIT_FSIZE, &limit, nullptr);
    }

    pid_t process_;
};

}  // namespace linkup::test
