#include "database_postgresql_values.h"

#include <cstdint>
#include <string>
#include <utility>

namespace linkup::daemon {

using sdk::SqlValue;

namespace {

template <class Number>
bool parse(std::string_view text, Number& number) {
    const auto end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, number);
    return result.ec == std::errc() && result.ptr == end;
}

SqlValue numberOf(std::string_view text) {
    std::int64_t integer = 0;
    if (parse(text, integer)) return integer;
    double real = 0;
    if (parse(text, real)) return real;
    return std::string(text);
}

SqlValue realOf(std::string_view text) {
    double real = 0;
    if (parse(text, real)) return real;
    return std::string(text);
}

constexpr Oid kBool = 16, kInt8 = 20, kInt2 = 21, kInt4 = 23, kOid = 26, kFloat4 = 700, kFloat8 = 701,
              kNumeric = 1700;

SqlValue fieldValue(const PGresult* result, int row, int column) {
    if (PQgetisnull(result, row, column) != 0) return nullptr;
    const std::string_view text(PQgetvalue(result, row, column),
                                static_cast<std::size_t>(PQgetlength(result, row, column)));
    switch (PQftype(result, column)) {
        case kBool:
            return text == "t";
        case kInt2:
        case kInt4:
        case kInt8:
        case kOid:
        case kNumeric:  // sum() of integers: an integer if it fits, as SQLite has it
            return numberOf(text);
        case kFloat4:
        case kFloat8:
            return realOf(text);
        default:
            return std::string(text);
    }
}

}  // namespace

sdk::Rows rowsOf(const PGresult* result) {
    const int rows = PQntuples(result);
    const int columns = PQnfields(result);
    std::vector<SqlValue> values;
    values.reserve(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
    for (int row = 0; row < rows; ++row) {
        for (int column = 0; column < columns; ++column) values.push_back(fieldValue(result, row, column));
    }
    std::size_t affected = 0;
    if (!std::string_view(PQcmdStatus(const_cast<PGresult*>(result))).starts_with("SELECT")) {
        parse(std::string_view(PQcmdTuples(const_cast<PGresult*>(result))), affected);
    }
    return sdk::Rows(static_cast<std::size_t>(columns), std::move(values), affected);
}

}  // namespace linkup::daemon
