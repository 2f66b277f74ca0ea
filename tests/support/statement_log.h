#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace linkup::test {

/// A statement that a server has executed, with the values bound to it, `values[0]` being `$1`.
struct LoggedStatement {
    std::string text;
    std::vector<std::string> values;  ///< as the server quotes them: 'text' or NULL
};

/// What executing a statement took.
struct ExecutedPlan {
    std::string text;
    double most_rows = 0;  ///< that one node of the plan read: returned or discarded, over all its loops
    std::string plan;      ///< as JSON
};

/// The statements in a log that was written with `log_statement=all`, in its order.
std::vector<LoggedStatement> loggedStatements(std::string_view log);

/// What makes a server write the plan of each statement that it executes into its log: names and values of
/// settings. `shared_preload_libraries=auto_explain` has to be set at its start.
std::vector<std::pair<std::string, std::string>> planLogSettings();

/// The plans in such a log, in its order. Errors: std::runtime_error for one that cannot be read.
std::vector<ExecutedPlan> executedPlans(std::string_view log);

}  // namespace linkup::test
