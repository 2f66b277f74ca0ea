#include "linkup/sdk/database.h"

#include <stdexcept>

namespace linkup::sdk {

Rows::Rows(std::size_t columns, std::vector<SqlValue> values, std::size_t affected)
    : columns_(columns), values_(std::move(values)), affected_(affected) {
    if (columns_ == 0 ? !values_.empty() : values_.size() % columns_ != 0) {
        throw std::invalid_argument("rows of unequal length");
    }
}

bool Rows::isNull(std::size_t row, std::size_t column) const {
    return std::holds_alternative<std::nullptr_t>(value(row, column));
}

std::int64_t Rows::integer(std::size_t row, std::size_t column) const {
    const SqlValue& cell = value(row, column);
    if (const bool* truth = std::get_if<bool>(&cell)) return *truth ? 1 : 0;
    return std::get<std::int64_t>(cell);
}

bool Rows::boolean(std::size_t row, std::size_t column) const {
    const SqlValue& cell = value(row, column);
    if (const auto* number = std::get_if<std::int64_t>(&cell)) return *number != 0;
    return std::get<bool>(cell);
}

double Rows::real(std::size_t row, std::size_t column) const {
    const SqlValue& cell = value(row, column);
    if (const auto* number = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*number);
    return std::get<double>(cell);
}

const std::string& Rows::text(std::size_t row, std::size_t column) const {
    return std::get<std::string>(value(row, column));
}

Time Rows::time(std::size_t row, std::size_t column) const {
    return fromMicros(integer(row, column));
}

std::optional<std::int64_t> Rows::optionalInteger(std::size_t row, std::size_t column) const {
    if (isNull(row, column)) return std::nullopt;
    return integer(row, column);
}

std::optional<std::string> Rows::optionalText(std::size_t row, std::size_t column) const {
    if (isNull(row, column)) return std::nullopt;
    return text(row, column);
}

}  // namespace linkup::sdk
