/* CLs of a workspace and what it depends on most, in plain C: cls FILE [SIGNAL_STRENGTH]. */
#include <diffhep.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The text of a file, terminated by NUL; NULL if it cannot be read. */
static char *read_file(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    char *text = NULL;
    size_t length = 0, capacity = 0, got = 1;
    while (got > 0) {
        if (capacity - length < 4096) {
            char *larger = realloc(text, capacity = 2 * capacity + 8192);
            if (!larger) break;
            text = larger;
        }
        got = fread(text + length, 1, capacity - length - 1, file);
        length += got;
    }
    if (got > 0 || ferror(file)) {
        free(text);
        text = NULL;
    } else {
        text[length] = '\0';
    }
    fclose(file);
    return text;
}

static int fail(void) {
    fprintf(stderr, "cls: %s\n", diffhep_last_error());
    return 1;
}

/* Prints CLs, its band, and the input of the workspace to which the median is most sensitive. */
static int print_cls(diffhep_model model, double signal_strength) {
    diffhep_sizes sizes;
    if (diffhep_model_sizes(model, &sizes) != DIFFHEP_STATUS_OK) return fail();
    double *by_inputs = malloc(sizes.inputs * sizeof *by_inputs);
    if (!by_inputs) {
        fprintf(stderr, "cls: no memory for %zu numbers\n", sizes.inputs);
        return 1;
    }

    diffhep_cls_result result;
    const diffhep_status status = diffhep_model_cls_gradient(
        model, diffhep_no_input(), signal_strength, NULL, DIFFHEP_QUANTITY_EXPECTED_MEDIAN, &result,
        diffhep_no_output(), diffhep_write(by_inputs, sizes.inputs));
    if (status != DIFFHEP_STATUS_OK) {
        free(by_inputs);
        return fail();
    }
    printf("CLs %.9f\nexpected", result.cls_obs);
    for (int i = 0; i < 5; i++) printf(" %.9f", result.cls_exp[i]);

    size_t largest = 0;
    for (size_t i = 1; i < sizes.inputs; i++) {
        if (fabs(by_inputs[i]) > fabs(by_inputs[largest])) largest = i;
    }
    const double derivative = by_inputs[largest];
    free(by_inputs);
    char name[256];
    if (diffhep_model_input_name(model, largest, name, sizeof name, NULL) != DIFFHEP_STATUS_OK) return fail();
    printf("\nlargest derivative of the median %.6g by %s\n", derivative, name);
    return 0;
}

int main(int count, char **arguments) {
    if (count < 2 || count > 3) {
        fprintf(stderr, "usage: cls FILE [SIGNAL_STRENGTH]\n");
        return 2;
    }
    if (diffhep_abi_version() != DIFFHEP_ABI_VERSION) {
        fprintf(stderr, "cls: the library has interface %u, its header %d: compile again\n",
                (unsigned)diffhep_abi_version(), DIFFHEP_ABI_VERSION);
        return 1;
    }
    char *end = NULL;
    const double signal_strength = count == 3 ? strtod(arguments[2], &end) : 1.0;
    if (end && (end == arguments[2] || *end != '\0')) {
        fprintf(stderr, "cls: the signal strength '%s' is not a number\n", arguments[2]);
        return 2;
    }
    char *workspace = read_file(arguments[1]);
    if (!workspace) {
        perror(arguments[1]);
        return 1;
    }
    diffhep_model model;
    const diffhep_status status = diffhep_model_new(diffhep_read_text(workspace), NULL, &model);
    free(workspace);
    if (status != DIFFHEP_STATUS_OK) return fail();
    const int code = print_cls(model, signal_strength);
    diffhep_model_free(model);
    return code;
}
