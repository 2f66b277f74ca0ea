#include "mailer.h"

#include <Poco/UUIDGenerator.h>

#include <algorithm>
#include <utility>

#include "linkup/sdk/error.h"
#include "mailer_message.h"

namespace linkup::daemon {
namespace {

constexpr int kBatch = 16;
constexpr std::chrono::minutes kLongestPause{1};

std::string randomId() {
    return Poco::UUIDGenerator::defaultGenerator().createRandom().toString();
}

}  // namespace

QueuedMailer::QueuedMailer(sdk::Database& database, const sdk::Clock& clock, sdk::Log& log,
                           sdk::Metrics& metrics, std::unique_ptr<MailTransport> transport,
                           MailerOptions options)
    : clock_(clock),
      log_(log),
      options_(options),
      store_(database),
      transport_(std::move(transport)),
      sent_(metrics.counter("mails_sent_total", "Mails handed over to the transport.")),
      retried_(metrics.counter("mails_retried_total", "Attempts that failed and will be repeated.")),
      dead_(metrics.counter("mails_dead_total", "Mails given up.")),
      random_(std::random_device{}()) {}

QueuedMailer::~QueuedMailer() {
    stop();
}

void QueuedMailer::enqueue(sdk::Connection& connection, const sdk::Mail& mail) {
    if (!isAddressSafe(mail.to)) {
        throw sdk::Error(sdk::ErrorCode::kInvalidArgument, "No mail can be sent to this e-mail address.");
    }
    if (!isHeaderSafe(mail.subject)) {
        throw sdk::Error(sdk::ErrorCode::kInvalidArgument, "A mail's subject is one line.");
    }
    store_.insert(connection, mail, randomId(), clock_.now());
    connection.afterCommit([this] {
        {
            const std::lock_guard lock(wake_mutex_);
            woken_ = true;
        }
        wake_.notify_one();
    });
}

void QueuedMailer::start() {
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
}

void QueuedMailer::stop() noexcept {
    {
        const std::lock_guard lock(wake_mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    if (!thread_.joinable()) return;
    transport_->interrupt();
    thread_.join();
}

void QueuedMailer::run() {
    bool failing = false;
    while (!stopping_) {
        try {
            sendDue();
            if (std::exchange(failing, false)) log_.info("the mail queue can be read again");
        } catch (const std::exception& error) {
            if (!std::exchange(failing, true)) {
                log_.warning("the mail queue cannot be worked on; trying on", {{"reason", error.what()}});
            }
        }
        std::unique_lock lock(wake_mutex_);
        wake_.wait_for(lock, options_.poll_every, [&] { return stopping_ || woken_; });
        woken_ = false;
    }
}

std::size_t QueuedMailer::sendDue() {
    const std::lock_guard pass(pass_mutex_);
    settleLeftovers();
    removeOldDead();
    down_ = false;
    std::size_t tried = 0;
    if (clock_.now() < unreachable_until_) return tried;
    while (!stopping_ && store_.anyDue(clock_.now())) {
        const std::string claim = randomId();
        const sdk::Time now = clock_.now();
        const auto batch = store_.claim(claim, now, now + options_.claim_for, kBatch);
        if (batch.empty() || !sendBatch(batch, claim, now, tried)) break;
    }
    transport_->endBatch();
    return tried;
}

bool QueuedMailer::sendBatch(const std::vector<QueuedMail>& batch, const std::string& claim,
                             sdk::Time claimed_at, std::size_t& tried) {
    for (const QueuedMail& mail : batch) {
        // What is left is given back: when we stop, when nobody can be reached, or while our claim surely
        // still holds.
        const bool late = clock_.now() > claimed_at + options_.claim_for / 2;
        if (stopping_ || down_ || late) {
            const sdk::Time due = down_ ? clock_.now() + delay(mail.attempts) : clock_.now();
            settle({mail.id, claim, MailOutcome::Kind::kLater, due, ""});
            continue;
        }
        ++tried;
        settle(attempt(mail, claim));
    }
    return !down_;
}

MailOutcome QueuedMailer::attempt(const QueuedMail& mail, const std::string& claim) {
    try {
        transport_->send(mail);
        noteReachable();
        sent_.add();
        return {mail.id, claim, MailOutcome::Kind::kSent, {}, ""};
    } catch (const MailError& error) {
        return failed(mail, claim, error);
    } catch (const std::exception& error) {
        log_.error("a mail could not be handed over", {{"id", mail.id}, {"reason", error.what()}});
        return failed(mail, claim, MailError(MailFault::kTryLater, "internal error"));
    }
}

MailOutcome QueuedMailer::failed(const QueuedMail& mail, const std::string& claim, const MailError& error) {
    if (error.fault() == MailFault::kUnreachable) {
        noteUnreachable(error.what());
    } else {
        noteReachable();
    }
    const sdk::Time again = clock_.now() + delay(mail.attempts);
    const bool expired = again > mail.created + options_.give_up_after;
    if (error.fault() == MailFault::kRejected || expired) {
        dead_.add();
        log_.error(expired ? "a mail is given up after its last attempt" : "a mail is refused for good",
                   {{"id", mail.id}, {"attempts", mail.attempts}, {"reason", error.what()}});
        return {mail.id, claim, MailOutcome::Kind::kDead, {}, error.what()};
    }
    retried_.add();
    if (error.fault() == MailFault::kTryLater) {
        log_.warning("a mail is not taken yet",
                     {{"id", mail.id}, {"attempts", mail.attempts}, {"reason", error.what()}});
    }
    return {mail.id, claim, MailOutcome::Kind::kLater, again, error.what()};
}

void QueuedMailer::settle(MailOutcome outcome) {
    try {
        store_.settle(outcome, clock_.now());
    } catch (...) {
        // Remembered, so that a mail that was sent is not sent again as soon as the database is back.
        unsettled_.push_back(std::move(outcome));
        throw;
    }
}

void QueuedMailer::settleLeftovers() {
    while (!unsettled_.empty()) {
        store_.settle(unsettled_.back(), clock_.now());
        unsettled_.pop_back();
    }
}

void QueuedMailer::noteUnreachable(const std::string& why) {
    if (stopping_) return;
    down_ = true;
    if (unreachable_times_ == 0) log_.warning("no mail can be sent; trying on", {{"reason", why}});
    const auto doublings = std::min<std::int64_t>(unreachable_times_++, 10);
    unreachable_until_ = clock_.now() + std::min<std::chrono::microseconds>(
                                            options_.first_retry * (1 << doublings), kLongestPause);
}

void QueuedMailer::noteReachable() {
    if (unreachable_times_ > 0) log_.info("mail can be sent again");
    unreachable_times_ = 0;
    unreachable_until_ = {};
}

void QueuedMailer::removeOldDead() {
    const sdk::Time now = clock_.now();
    if (now < dead_removed_at_ + std::chrono::hours(1)) return;
    store_.removeDead(now - options_.keep_dead_for);
    dead_removed_at_ = now;
}

std::chrono::microseconds QueuedMailer::delay(std::int64_t attempts) {
    const auto doublings = std::clamp<std::int64_t>(attempts - 1, 0, 20);
    const auto full = std::min(options_.first_retry * (std::int64_t{1} << doublings), options_.longest_retry);
    const double share = std::uniform_real_distribution<double>(0.8, 1.2)(random_);
    return std::chrono::microseconds(
        static_cast<std::int64_t>(static_cast<double>(full.count()) * 1000.0 * share));
}

}  // namespace linkup::daemon
