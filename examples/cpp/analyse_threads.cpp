// Runs many tests on shared models, on four threads: analyse_threads FILE [PATCH].
//
// It works like an analysis framework: there is a queue of tasks (a signal strength, and a model of
// the workspace or of one with other numbers), workers take the next task, and results are in the
// order of the tasks. The same tasks on one thread must give the same bits.
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <diffhep.hpp>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Task {
    const char *label;
    const diffhep::Model *model;
    double signal_strength;
};

/// CLs of a task, and its median's gradient with respect to the inputs.
struct Outcome {
    diffhep::ClsResult test{};
    std::vector<double> by_inputs;
};

Outcome test(const Task &task) {
    Outcome outcome;
    outcome.by_inputs.resize(task.model->sizes().inputs);
    outcome.test = task.model->cls_gradient_into(task.signal_strength, diffhep::Quantity::expected_median,
                                                 {{}, outcome.by_inputs});
    return outcome;
}

/// The outcomes of all tasks, in their order. An exception of a worker is thrown again here: the
/// text of an error belongs to its thread, but the exception carries it along.
std::vector<Outcome> test_all(const std::vector<Task> &tasks, unsigned thread_count) {
    std::vector<Outcome> outcomes(tasks.size());
    std::atomic<std::size_t> next{0};
    std::mutex mutex;
    std::exception_ptr failure;
    const auto work = [&] {
        try {
            for (std::size_t i = next++; i < tasks.size(); i = next++) outcomes[i] = test(tasks[i]);
        } catch (...) {
            const std::lock_guard<std::mutex> lock(mutex);
            if (!failure) failure = std::current_exception();
        }
    };
    std::vector<std::thread> workers;
    for (unsigned i = 0; i < thread_count; ++i) workers.emplace_back(work);
    for (auto &worker : workers) worker.join();
    if (failure) std::rethrow_exception(failure);
    return outcomes;
}

/// The workspace with all yields, their variations and uncertainties multiplied by `factor`, except
/// those of its first sample, the signal.
diffhep::Model with_larger_background(const diffhep::Model &model, double factor) {
    auto inputs = model.inputs();
    const auto names = model.input_names();
    const auto signal = names.at(0).substr(0, names.at(0).find("/data/") + 1);
    const auto is_in_events = [](const std::string &name) {
        for (const auto *part : {"/data/", "/lo_data/", "/hi_data/", "/shapesys/", "/staterror/"})
            if (name.find(part) != std::string::npos) return true;
        return false;
    };
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const bool is_of_sample = names[i].rfind("/channels/", 0) == 0 && is_in_events(names[i]);
        if (is_of_sample && names[i].rfind(signal, 0) != 0) inputs[i] *= factor;
    }
    return model.with_inputs(inputs);
}

bool are_same_bits(const Outcome &a, const Outcome &b) {
    const auto same = [](const double *x, const double *y, std::size_t count) {
        return std::memcmp(x, y, count * sizeof *x) == 0;
    };
    return same(&a.test.cls_obs, &b.test.cls_obs, 1) && same(a.test.cls_exp, b.test.cls_exp, 5) &&
           same(a.by_inputs.data(), b.by_inputs.data(), a.by_inputs.size());
}

void print(const Task &task, const Outcome &outcome) {
    std::size_t largest = 0;
    for (std::size_t i = 0; i < outcome.by_inputs.size(); ++i) {
        if (std::abs(outcome.by_inputs[i]) > std::abs(outcome.by_inputs[largest])) largest = i;
    }
    std::printf("%-18s signal strength %.2f  CLs %.9f  median %.9f  %+.6f by %s\n", task.label, task.signal_strength,
                outcome.test.cls_obs, outcome.test.cls_exp[2], outcome.by_inputs.at(largest),
                task.model->input_name(largest).c_str());
}

void run(const char *path, const char *patch_path) {
    const auto patch = patch_path ? diffhep::read_file(patch_path) : std::string();
    diffhep::ModelOptions options;
    if (patch_path) options.patch = patch;
    const auto model = diffhep::Model::from_file(path, options);
    const auto larger = with_larger_background(model, 1.1);
    std::vector<Task> tasks;
    for (const double signal_strength : {0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0}) {
        tasks.push_back({"workspace", &model, signal_strength});
        tasks.push_back({"larger background", &larger, signal_strength});
    }

    const auto outcomes = test_all(tasks, 4);
    const auto alone = test_all(tasks, 1);
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        if (!are_same_bits(outcomes[i], alone[i])) {
            throw std::runtime_error("task " + std::to_string(i) + " gave other bits on four threads than on one");
        }
        print(tasks[i], outcomes[i]);
    }
}

} // namespace

int main(int count, char **arguments) {
    if (count < 2 || count > 3) {
        std::fprintf(stderr, "usage: analyse_threads FILE [PATCH]\n");
        return 2;
    }
    try {
        run(arguments[1], count == 3 ? arguments[2] : nullptr);
    } catch (const std::exception &error) {
        std::fprintf(stderr, "analyse_threads: %s\n", error.what());
        return 1;
    }
}
