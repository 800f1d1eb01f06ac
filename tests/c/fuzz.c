/* Calls every function of the C ABI at random: fuzz CALLS [SEED]. Most arguments are valid, some
 * are NULL, of wrong or impossible lengths, misaligned, overlapping, NaN or infinite; texts are
 * truncated and changed; freed and invented handles are used. It ends with status 1 if a failure
 * has no text or touches an output of a _vjp, a freed handle is accepted, or a function never
 * succeeds or never fails. Run it under AddressSanitizer and valgrind to check for memory errors
 * and leaks. */
#include <diffhep.h>
#include <stdbool.h>
#include <stdlib.h>

#include "fuzz/kernels.h"
#include "fuzz/statistics.h"

static diffhep_status queries(void) {
    if (diffhep_abi_version() != DIFFHEP_ABI_VERSION)
        fail("header and library have other versions");
    if (!strlen(diffhep_version()) || !strstr(diffhep_features(), "cls"))
        fail("no version or features");
    if (!strlen(diffhep_status_name((int32_t)below(20) - 4))) fail("a status has no name");
    bool is_known = diffhep_has_feature(text("cls"));
    return is_known ? DIFFHEP_STATUS_OK : DIFFHEP_STATUS_INVALID_ARGUMENT;
}

/* Every function, its calls per hundred, and whether its failures leave outputs untouched. */
typedef struct {
    const char *name;
    diffhep_status (*call)(void);
    size_t share;
    bool leaves_outputs;
    size_t succeeded, failed;
} function;

static function functions[] = {
    {"soft_yield", soft_yield, 4, true, 0, 0},
    {"soft_yield_vjp", soft_yield_vjp, 4, true, 0, 0},
    {"asimov_significance", asimov, 4, true, 0, 0},
    {"asimov_significance_vjp", asimov_vjp, 4, true, 0, 0},
    {"kernel_histogram", kernel_histogram, 4, false, 0, 0},
    {"kernel_histogram_vjp", kernel_histogram_vjp, 4, true, 0, 0},
    {"soft_bins", soft_bins, 4, false, 0, 0},
    {"soft_bins_vjp", soft_bins_vjp, 4, true, 0, 0},
    {"mixture", mixture, 4, false, 0, 0},
    {"mixture_vjp", mixture_vjp, 4, true, 0, 0},
    {"softmax_histogram", softmax, 4, false, 0, 0},
    {"softmax_histogram_vjp", softmax_vjp, 4, true, 0, 0},
    {"poisson_log_density", poisson, 4, true, 0, 0},
    {"poisson_log_density_vjp", poisson_vjp, 4, true, 0, 0},
    {"normal_log_density", normal, 4, true, 0, 0},
    {"normal_log_density_vjp", normal_vjp, 4, true, 0, 0},
    {"network_size", network_size, 2, true, 0, 0},
    {"network_logits", network, 1, false, 0, 0},
    {"network_logits_vjp", network_vjp, 1, true, 0, 0},
    {"model_new", model_new, 2, true, 0, 0},
    {"model_free", model_free, 1, true, 0, 0},
    {"model_sizes", model_sizes, 2, true, 0, 0},
    {"model_parameter_name", parameter_name, 2, true, 0, 0},
    {"model_channel_name", channel_name, 2, true, 0, 0},
    {"model_input_name", input_name, 2, true, 0, 0},
    {"model_channel_bins", channel_bins, 2, true, 0, 0},
    {"model_parameter", parameter, 2, true, 0, 0},
    {"model_data", data, 2, true, 0, 0},
    {"model_inputs", inputs, 2, true, 0, 0},
    {"model_with_inputs", with_inputs, 1, true, 0, 0},
    {"model_expected_data", expected_data, 2, false, 0, 0},
    {"model_log_density", log_density, 2, true, 0, 0},
    {"model_log_density_gradient", log_density_gradient, 2, false, 0, 0},
    {"model_fit", fit, 1, false, 0, 0},
    {"model_fit_gradient", fit_gradient, 1, false, 0, 0},
    {"model_cls", cls, 1, true, 0, 0},
    {"model_cls_gradient", cls_gradient, 1, false, 0, 0},
    {"model_discovery", discovery, 1, true, 0, 0},
    {"model_discovery_gradient", discovery_gradient, 1, false, 0, 0},
    {"model_upper_limits", upper_limits, 1, true, 0, 0},
    {"model_upper_limit", upper_limit, 1, true, 0, 0},
    {"model_upper_limit_gradient", upper_limit_gradient, 1, true, 0, 0},
    {"model_covariance", covariance, 1, false, 0, 0},
    {"model_sigma_gradient", sigma_gradient, 1, true, 0, 0},
    {"model_profile_interval", profile_interval, 1, true, 0, 0},
    {"model_ranking", ranking, 1, true, 0, 0},
    {"model_refitted_impacts", refitted_impacts, 1, true, 0, 0},
    {"model_toys", toys, 1, true, 0, 0},
    {"model_draw_toy", draw_toy, 2, true, 0, 0},
    {"model_goodness_of_fit", goodness_of_fit, 1, true, 0, 0},
    {"queries", queries, 2, true, 0, 0},
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

static function *pick(void) {
    size_t total = 0;
    for (size_t i = 0; i < FUNCTIONS; i++) total += functions[i].share;
    size_t at = below(total);
    for (size_t i = 0; i < FUNCTIONS; i++) {
        if (at < functions[i].share) return &functions[i];
        at -= functions[i].share;
    }
    return &functions[0];
}

static void call(void) {
    function *chosen = pick();
    diffhep_status status = chosen->call();
    if (status == DIFFHEP_STATUS_INTERNAL_ERROR) fail(chosen->name);
    if (status == DIFFHEP_STATUS_OK) {
        chosen->succeeded++;
    } else {
        chosen->failed++;
        if (!*diffhep_last_error() && chosen->call != queries) fail("a failure has no text");
        if (chosen->leaves_outputs) check_untouched();
    }
    release();
}

int main(int count, char **arguments) {
    size_t calls = count > 1 ? strtoul(arguments[1], NULL, 10) : 0;
    if (calls == 0 || count > 3) {
        fprintf(stderr, "usage: fuzz CALLS [SEED]\n");
        return 2;
    }
    state = count > 2 ? strtoull(arguments[2], NULL, 10) : 1;
    for (size_t i = 0; i < MODELS; i++) is_free[i] = true;
    for (size_t i = 0; i < calls; i++) call();
    for (size_t i = 0; i < MODELS; i++)
        if (!is_free[i] && diffhep_model_free(models[i])) fail("a model is not freed");
    for (size_t i = 0; i < FUNCTIONS; i++) {
        function *done = &functions[i];
        printf("%-28s %8zu succeeded %8zu failed\n", done->name, done->succeeded, done->failed);
        if (calls >= 100000 && (done->succeeded == 0 || done->failed == 0))
            fail("a function was not tried out");
    }
    return 0;
}
