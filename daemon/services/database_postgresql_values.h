#pragma once

#include <libpq-fe.h>

#include <array>
#include <charconv>
#include <span>
#include <string_view>
#include <vector>

#include "linkup/sdk/database.h"

namespace linkup::daemon {

/// The values of a statement in libpq's form: text, or a null pointer. Texts are not copied.
class PostgresqlValues {
public:
    explicit PostgresqlValues(std::span<const sdk::SqlValue> values) : numbers_(values.size()) {
        pointers_.reserve(values.size());
        for (std::size_t i = 0; i < values.size(); ++i)
            pointers_.push_back(pointerTo(values[i], numbers_[i]));
    }

    int size() const { return static_cast<int>(pointers_.size()); }
    const char* const* data() const { return pointers_.data(); }

private:
    using Number = std::array<char, 32>;

    static const char* pointerTo(const sdk::SqlValue& value, Number& number) {
        if (const auto* text = std::get_if<std::string>(&value)) return text->c_str();
        if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "t" : "f";
        if (const auto* integer = std::get_if<std::int64_t>(&value)) return print(*integer, number);
        if (const auto* real = std::get_if<double>(&value)) return print(*real, number);
        return nullptr;
    }

    template <class Value>
    static const char* print(Value value, Number& number) {
        *std::to_chars(number.data(), number.data() + number.size() - 1, value).ptr = '\0';
        return number.data();
    }

    std::vector<Number> numbers_;
    std::vector<const char*> pointers_;
};

/// What a result has, copied.
sdk::Rows rowsOf(const PGresult* result);

}  // namespace linkup::daemon
