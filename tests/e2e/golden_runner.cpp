#include "golden_runner.h"

#include <Poco/Base64Decoder.h>
#include <Poco/JSON/Array.h>
#include <Poco/String.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace linkup::test {
namespace {

using Poco::Dynamic::Var;
using Poco::JSON::Array;
using Poco::JSON::Object;

Object::Ptr readObject(const std::filesystem::path& file) {
    std::ifstream in(file);
    if (!in) throw std::runtime_error("cannot read " + file.string());
    std::ostringstream text;
    text << in.rdbuf();
    return parseJson(text.str()).extract<Object::Ptr>();
}

Var atPath(Var value, const std::string& path) {
    std::istringstream parts(path);
    for (std::string part; std::getline(parts, part, '.');) {
        if (value.type() == typeid(Array::Ptr)) {
            value = value.extract<Array::Ptr>()->get(static_cast<unsigned>(std::stoul(part)));
        } else {
            value = value.extract<Object::Ptr>()->get(part);
        }
    }
    return value;
}

}  // namespace

GoldenRunner::GoldenRunner(std::filesystem::path folder, Deployment& deployment, int event_period_s)
    : folder_(std::move(folder)),
      deployment_(deployment),
      event_period_s_(event_period_s),
      fixtures_(readObject(folder_ / "fixtures.json")),
      pattern_(fixtures_->getObject("shapes"), [this](const std::string& text) { return resolve(text); }) {}

void GoldenRunner::play(const std::filesystem::path& file) {
    const auto exchange = readObject(file);
    if (exchange->getValue<std::string>("area") == "lobby") waitForQuietLobby();
    if (exchange->has("given")) {
        const auto given = exchange->getArray("given");
        for (std::size_t i = 0; i < given->size(); ++i) {
            signUpAndRegister(given->getElement<std::string>(static_cast<unsigned>(i))
                                  .substr(std::string("registered:").size()));
        }
    }
    if (exchange->has("request")) {
        const auto reply = request(exchange->getObject("request"));
        expectReply(exchange->getObject("expect"), reply);
        if (exchange->has("save")) save(exchange, reply.json());
        return;
    }
    sockets_.clear();
    const auto sockets = exchange->getObject("sockets");
    const auto steps = exchange->getArray("steps");
    std::map<std::string, bool> opened_later;
    for (std::size_t i = 0; i < steps->size(); ++i) {
        const auto one = steps->getObject(static_cast<unsigned>(i));
        if (one->has("open")) opened_later[one->getValue<std::string>("open")] = true;
    }
    for (const auto& name : sockets->getNames()) {
        if (!opened_later[name]) openSocket(name, sockets->getObject(name));
    }
    for (std::size_t i = 0; i < steps->size(); ++i) {
        try {
            step(steps->getObject(static_cast<unsigned>(i)), sockets);
        } catch (const std::exception& error) {
            throw std::runtime_error("step " + std::to_string(i + 1) + ": " + error.what());
        }
    }
    sockets_.clear();
}

void GoldenRunner::step(const Object& one, const Object& sockets) {
    if (one->has("http")) {
        const auto reply = request(one->getObject("http"));
        expectReply(one->getObject("expect"), reply);
        if (one->has("save")) save(one, reply.json());
    } else if (one->has("open")) {
        const auto name = one->getValue<std::string>("open");
        openSocket(name, sockets->getObject(name));
    } else if (one->has("send")) {
        sockets_.at(one->getValue<std::string>("send"))->send(jsonText(filledIn(one->get("json"))));
    } else if (one->has("recv")) {
        const Value frame =
            sockets_.at(one->getValue<std::string>("recv"))->receive(std::chrono::seconds(20));
        expectFits(one->get("body"), frame);
        if (one->has("save")) save(one, frame);
    } else if (one->has("recv_any")) {
        receiveAny(one);
    } else if (one->has("quiet")) {
        sockets_.at(one->getValue<std::string>("quiet"))
            ->expectQuiet(std::chrono::milliseconds(one->getValue<int>("ms")));
    } else if (one->has("closed")) {
        const int code = sockets_.at(one->getValue<std::string>("closed"))
                             ->receiveClose(std::chrono::milliseconds(one->getValue<int>("within_ms")));
        if (code != one->getValue<int>("code"))
            throw std::runtime_error("closed with " + std::to_string(code));
    } else if (!one->has("do")) {
        // `do` needs nothing: the daemon's schedule begins and ends the event, the frames say when.
        throw std::runtime_error("unknown step " + jsonText(one));
    }
}

void GoldenRunner::receiveAny(const Object& one) {
    std::vector<Value> bodies;
    const auto list = one->getArray("bodies");
    for (std::size_t i = 0; i < list->size(); ++i) bodies.push_back(list->get(static_cast<unsigned>(i)));
    const auto names = one->get("recv_any").extract<Array::Ptr>();
    for (std::size_t i = 0; i < names->size(); ++i) {
        const Value frame = sockets_.at(names->getElement<std::string>(static_cast<unsigned>(i)))
                                ->receive(std::chrono::seconds(20));
        const auto fit = std::find_if(bodies.begin(), bodies.end(), [&](const Value& body) {
            return pattern_.mismatch(body, frame).empty();
        });
        if (fit == bodies.end()) throw std::runtime_error("none of the expected fits " + jsonText(frame));
        bodies.erase(fit);
    }
}

void GoldenRunner::waitForQuietLobby() const {
    // Well after an event ended and well before the next: from the first half of the period.
    for (;;) {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        const auto second = std::chrono::duration_cast<std::chrono::seconds>(now).count() % event_period_s_;
        if (second >= event_period_s_ / 3 && second <= event_period_s_ / 2) return;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

std::string GoldenRunner::emailToken(const std::string& email) {
    HttpClient client(deployment_.first().url());
    const auto used = mails_[Poco::toLower(email)]++;
    auto reply = client.get("/api/v1/verify-email?email=" + email);
    if (reply.status != 200) throw std::runtime_error("verify-email: " + reply.body);
    Poco::JSON::Object body;
    body.set("email", email)
        .set("otp", std::stoi(deployment_.codeFor(email, used)))
        .set("subject", "email_verification");
    reply = client.post("/api/v1/verify-otp", body);
    if (reply.status != 200) throw std::runtime_error("verify-otp: " + reply.body);
    return reply.text("email_hash");
}

void GoldenRunner::signUpAndRegister(const std::string& user) {
    if (variables_.contains(user + ".id")) return;
    const auto person = fixtures_->getObject("users")->getObject(user);
    HttpClient client(deployment_.first().url());
    Poco::JSON::Object body;
    body.set("email_hash", emailToken(person->getValue<std::string>("email")))
        .set("password", person->get("password"));
    const auto reply = client.post("/api/v1/signup", body);
    if (reply.status != 200) throw std::runtime_error("signup: " + reply.body);
    variables_[user + ".id"] = reply.at("user_id");
    variables_[user + ".access_token"] = reply.at("access_token");
    variables_[user + ".refresh_token"] = reply.at("refresh_token");
    client.setBearer(reply.text("access_token"));
    const auto registered = client.post("/api/v1/register", jsonText(person->get("register")));
    if (registered.status != 200) throw std::runtime_error("register: " + registered.body);
}

GoldenRunner::Value GoldenRunner::resolve(const std::string& text) {
    std::string out;
    std::size_t at = 0;
    for (auto open = text.find("{{"); open != std::string::npos; open = text.find("{{", at)) {
        const auto close = text.find("}}", open);
        auto name = text.substr(open + 2, close - open - 2);
        Value value;
        if (name.starts_with("otp:")) {
            const auto email = name.substr(4);
            value = std::stoi(deployment_.codeFor(email, mails_[Poco::toLower(email)]++));
        } else if (name.starts_with("email_hash:")) {
            value = emailToken(name.substr(11));
        } else {
            const bool as_text = name.ends_with("|string");
            if (as_text) name.resize(name.size() - 7);
            value = variables_.at(name);
            if (as_text) value = value.toString();
        }
        if (open == 0 && close + 2 == text.size()) return value;  // alone: in its own type
        out += text.substr(at, open - at) + value.toString();
        at = close + 2;
    }
    return out + text.substr(at);
}

GoldenRunner::Value GoldenRunner::filledIn(const Value& value) {
    if (value.type() == typeid(Poco::JSON::Object::Ptr)) {
        Poco::JSON::Object::Ptr copy = new Poco::JSON::Object;
        const auto object = value.extract<Object>();
        for (const auto& key : object->getNames()) {
            // A variable may be a key as well, as in a resume.
            copy->set(resolve(key).toString(), filledIn(object->get(key)));
        }
        return copy;
    }
    if (value.type() == typeid(Array::Ptr)) {
        Array::Ptr copy = new Array;
        const auto list = value.extract<Array::Ptr>();
        for (std::size_t i = 0; i < list->size(); ++i)
            copy->add(filledIn(list->get(static_cast<unsigned>(i))));
        return copy;
    }
    return value.isString() ? resolve(value.toString()) : value;
}

std::vector<FormPart> GoldenRunner::formParts(const Poco::JSON::Array::Ptr& specs) {
    std::vector<FormPart> parts;
    for (std::size_t i = 0; i < specs->size(); ++i) {
        const auto spec = specs->getObject(static_cast<unsigned>(i));
        FormPart part{spec->getValue<std::string>("name"), ""};
        if (spec->has("file")) {
            std::istringstream in(
                fixtures_->getObject("files")->getValue<std::string>(spec->getValue<std::string>("file")));
            Poco::Base64Decoder decoder(in);
            part.content = {std::istreambuf_iterator<char>(decoder), {}};
            part.filename = spec->getValue<std::string>("filename");
            part.contentType = spec->getValue<std::string>("type");
        } else {
            part.content = resolve(spec->getValue<std::string>("value")).toString();
        }
        parts.push_back(std::move(part));
    }
    return parts;
}

HttpReply GoldenRunner::request(const Object& spec) {
    HttpClient client(deployment_.first().url());
    Fields headers;
    std::string content_type;
    if (spec->has("headers")) {
        const auto given = spec->getObject("headers");
        for (const auto& name : given->getNames()) {
            const auto value = resolve(given->getValue<std::string>(name)).toString();
            if (name == "Content-Type") {
                content_type = value;
            } else {
                headers[name] = value;
            }
        }
    }
    const auto path = resolve(spec->getValue<std::string>("path")).toString();
    if (spec->has("form")) {
        Fields fields;
        const auto form = filledIn(spec->get("form")).extract<Object>();
        for (const auto& name : form->getNames()) fields[name] = form->getValue<std::string>(name);
        return client.postForm(path, fields);
    }
    if (spec->has("multipart")) {
        for (const auto& [name, value] : headers) client.setHeader(name, value);
        return client.postMultipart(path, formParts(spec->getArray("multipart")));
    }
    const auto body = spec->has("json") ? jsonText(filledIn(spec->get("json"))) : std::string();
    return client.send(spec->getValue<std::string>("method"), path, body, content_type, headers);
}

void GoldenRunner::expectReply(const Object& expected, const HttpReply& reply) {
    if (reply.status != expected->getValue<int>("status")) {
        throw std::runtime_error("wanted status " + expected->get("status").toString() + ", found " +
                                 std::to_string(reply.status) + " " + reply.body);
    }
    if (expected->has("headers")) {
        const auto headers = expected->getObject("headers");
        for (const auto& name : headers->getNames()) {
            const auto wanted = headers->get(name);
            const auto found = reply.header(name);
            const auto difference = pattern_.mismatch(wanted, found, name);
            if (!difference.empty()) throw std::runtime_error(difference);
        }
    }
    if (expected->has("body")) expectFits(expected->get("body"), reply.json());
    if (expected->has("absent")) {
        const auto absent = expected->getArray("absent");
        for (std::size_t i = 0; i < absent->size(); ++i) {
            const auto text = absent->getElement<std::string>(static_cast<unsigned>(i));
            if (reply.object()->has(text)) throw std::runtime_error("has " + text + ": " + reply.body);
        }
    }
}

void GoldenRunner::expectFits(const Value& expected, const Value& actual) {
    const auto difference = pattern_.mismatch(expected, actual);
    if (!difference.empty()) throw std::runtime_error(difference + "\n  in " + jsonText(actual));
}

void GoldenRunner::save(const Object& holder, const Value& reply) {
    const auto saved = holder->getObject("save");
    for (const auto& name : saved->getNames())
        variables_[name] = atPath(reply, saved->getValue<std::string>(name));
}

void GoldenRunner::openSocket(const std::string& name, const Object& spec) {
    SocketOptions options;
    const auto headers = spec->getObject("headers");
    for (const auto& header : headers->getNames()) {
        options.headers[header] = resolve(headers->getValue<std::string>(header)).toString();
    }
    sockets_[name] = std::make_unique<SocketClient>(
        deployment_.first().url(), resolve(spec->getValue<std::string>("path")).toString(), options);
}

}  // namespace linkup::test
