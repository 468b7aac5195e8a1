// Sessions begin measuring together, after all have warmed up, so that none is timed against an idle machine.
#include "cli/measure.h"

#include <algorithm>
#include <barrier>
#include <chrono>
#include <exception>
#include <mutex>
#include <thread>

#include "base/error.h"

namespace burnish::cli {
namespace {

using Clock = std::chrono::steady_clock;

double ms_between(Clock::time_point begin, Clock::time_point end) { return std::chrono::duration<double, std::milli>(end - begin).count(); }

void wait_ms(double ms) {
  if (ms > 0) std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(ms));
}

void check(const Status& status) {
  if (not status) throw Error(status.message(), status.code());
}

/// What one thread does with its session.
struct Stream {
  BoundSession* session = nullptr;
  bool with_steps = false;
  Measured measured;
  std::exception_ptr fault;

  bool transfers = true;
  bool transferred = false;  // what is bound on the host was copied in at least once

  RunTimes run_once() {
    RunTimes times;
    if (with_steps) {
      std::vector<double>& times = measured.steps.emplace_back(session->session().step_count());
      check(session->session().run_profiled(times));
    } else {
      check(session->session().run_timed(times, transfers or not transferred));
      transferred = true;
    }
    return times;
  }

  void warm_up(double ms) {
    if (ms <= 0) return;
    const Clock::time_point begin = Clock::now();
    do {
      run_once();
      ++measured.warm_up_queries;
      measured.warm_up_ms = ms_between(begin, Clock::now());
    } while (measured.warm_up_ms < ms);
    measured.steps.clear();
  }

  void run(const MeasureConfig& config, Clock::time_point origin) {
    const double limit_ms = config.duration_s < 0 ? -1 : config.duration_s * 1e3;
    for (int64_t count = 0;; ++count) {
      const double now = ms_between(origin, Clock::now());
      if (limit_ms >= 0 and now >= limit_ms and count >= config.iterations) return;
      if (config.stop and config.stop()) return;
      if (count > 0) wait_ms(config.idle_ms);
      QueryTime query;
      wait_ms(config.sleep_ms);
      const double begin = ms_between(origin, Clock::now());
      const RunTimes times = run_once();
      const double end = ms_between(origin, Clock::now());
      query.enqueue = {begin, with_steps ? end : begin + times.enqueue * 1e3};
      query.h2d = {begin, begin + times.transfer_in * 1e3};
      query.compute = {query.h2d.end, with_steps ? end : query.h2d.end + times.compute * 1e3};
      query.d2h = {query.compute.end, query.compute.end + times.transfer_out * 1e3};
      measured.queries.push_back(query);
    }
  }
};

template <class Work>
void guarded(std::exception_ptr& fault, const Work& work) {
  try {
    if (not fault) work();
  } catch (...) { fault = std::current_exception(); }
}

Measured joined(std::span<Stream> streams) {
  Measured all;
  for (Stream& stream : streams) {
    if (stream.fault) std::rethrow_exception(stream.fault);
    all.queries.insert(all.queries.end(), stream.measured.queries.begin(), stream.measured.queries.end());
    all.warm_up_queries += stream.measured.warm_up_queries;
    all.warm_up_ms = std::max(all.warm_up_ms, stream.measured.warm_up_ms);
    all.steps.insert(all.steps.end(), std::make_move_iterator(stream.measured.steps.begin()),
                     std::make_move_iterator(stream.measured.steps.end()));
  }
  std::stable_sort(all.queries.begin(), all.queries.end(),
                   [](const QueryTime& a, const QueryTime& b) { return a.enqueue.begin < b.enqueue.begin; });
  for (const QueryTime& query : all.queries) all.wall_ms = std::max(all.wall_ms, query.d2h.end);
  if (not all.queries.empty()) all.wall_ms -= all.queries.front().enqueue.begin;
  return all;
}

Measured run_streams(std::span<Stream> streams, const MeasureConfig& config) {
  Clock::time_point origin;
  std::barrier together(static_cast<std::ptrdiff_t>(streams.size()), [&]() noexcept { origin = Clock::now(); });
  const auto work = [&](Stream& stream) {
    guarded(stream.fault, [&] { stream.warm_up(config.warm_up_ms); });
    together.arrive_and_wait();
    guarded(stream.fault, [&] { stream.run(config, origin); });
  };
  std::vector<std::thread> threads;
  for (size_t i = 1; i < streams.size(); ++i) threads.emplace_back(work, std::ref(streams[i]));
  work(streams[0]);
  for (std::thread& thread : threads) thread.join();
  return joined(streams);
}

}  // namespace

Measured measure(std::span<BoundSession> sessions, const MeasureConfig& config) {
  BURNISH_CHECK(not sessions.empty());
  std::vector<Stream> streams(sessions.size());
  for (size_t i = 0; i < sessions.size(); ++i) {
    streams[i].session = &sessions[i];
    streams[i].transfers = config.transfers;
  }
  return run_streams(streams, config);
}

Measured profile(BoundSession& session, const MeasureConfig& config) {
  std::vector<Stream> streams(1);
  streams[0].session = &session;
  streams[0].with_steps = true;
  return run_streams(streams, config);
}

}  // namespace burnish::cli
