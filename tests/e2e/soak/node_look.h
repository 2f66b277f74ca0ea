#pragma once

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <string>

namespace linkup::soak {

/// The numbers of /metrics at one moment; each name is as it stands there, with its labels.
class Gauges {
public:
    /// Errors: Poco::Exception, std::runtime_error when they cannot be had.
    static Gauges of(const std::string& url);

    /// The sum of all whose name begins with `linkup_` and this, and whose labels hold `label`.
    double sum(const std::string& name, const std::string& label = {}) const;

private:
    std::map<std::string, double> values_;
};

/// What the kernel says of a process.
struct ProcessLook {
    double resident_mib = 0;
    std::size_t descriptors = 0;
    std::size_t threads = 0;

    static ProcessLook of(pid_t process);
};

}  // namespace linkup::soak
