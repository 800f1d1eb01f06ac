//! Parameters and data outside a model's domain.

use diffhep::histfactory::{DomainError, Model, WorkspaceModel};
use serde_json::json;

use super::{compile, fixture, place, set, valid};

/// Points where the model's likelihood is not defined, through each function.
#[test]
fn points_and_data_outside_the_domain_are_refused_by_name() {
    type Ask = fn(&Model, &mut Vec<f64>, &mut Vec<f64>) -> DomainError;
    type Expected = fn(&DomainError) -> bool;
    let cases: [(&str, Ask, Expected, &str); 16] = [
        (
            "too few parameters",
            |m, p, _| {
                p.pop();
                m.expected_data(p).unwrap_err()
            },
            |e| matches!(e, DomainError::Length { what: "parameters", expected: 14, found: 13 }),
            "expected 14 parameters, found 13",
        ),
        (
            "no parameters",
            |m, _, d| m.logpdf(&[], d).unwrap_err(),
            |e| matches!(e, DomainError::Length { found: 0, .. }),
            "found 0",
        ),
        (
            "too many parameters",
            |m, p, d| {
                p.push(1.0);
                m.logpdf(p, d).unwrap_err()
            },
            |e| matches!(e, DomainError::Length { found: 15, .. }),
            "found 15",
        ),
        (
            "parameters checked alone",
            |m, p, _| {
                p.pop();
                m.check_parameters(p).unwrap_err()
            },
            |e| matches!(e, DomainError::Length { what: "parameters", .. }),
            "14",
        ),
        (
            "data without auxiliary data",
            |m, p, d| {
                d.truncate(5);
                m.logpdf(p, d).unwrap_err()
            },
            |e| matches!(e, DomainError::Length { what: "data", expected: 15, found: 5 }),
            "expected 15 data, found 5",
        ),
        (
            "too many data",
            |m, _, d| {
                d.push(1.0);
                m.check_data(d).unwrap_err()
            },
            |e| matches!(e, DomainError::Length { what: "data", found: 16, .. }),
            "found 16",
        ),
        (
            "NaN parameter",
            |m, p, d| {
                p[3] = f64::NAN;
                m.logpdf(p, d).unwrap_err()
            },
            |e| matches!(e, DomainError::Value { what: "parameter", index: 3, .. }),
            "parameter 3 is NaN: it must be finite",
        ),
        (
            "infinite parameter",
            |m, p, _| {
                p[0] = f64::INFINITY;
                m.expected_data(p).unwrap_err()
            },
            |e| matches!(e, DomainError::Value { what: "parameter", index: 0, .. }),
            "is inf",
        ),
        (
            "NaN count",
            |m, p, d| {
                d[1] = f64::NAN;
                m.logpdf(p, d).unwrap_err()
            },
            |e| matches!(e, DomainError::Value { what: "datum", index: 1, .. }),
            "datum 1 is NaN",
        ),
        (
            "infinite auxiliary datum",
            |m, _, d| {
                d[14] = f64::NEG_INFINITY;
                m.check_data(d).unwrap_err()
            },
            |e| matches!(e, DomainError::Value { what: "datum", index: 14, .. }),
            "-inf",
        ),
        (
            "negative count",
            |m, _, d| {
                d[4] = -1.0;
                m.check_data(d).unwrap_err()
            },
            |e| matches!(e, DomainError::Value { what: "datum", index: 4, value: -1.0, .. }),
            "finite and not negative",
        ),
        // Data: 5 bins, then jes, lumi, norm, fake_shape[0], ...
        (
            "negative auxiliary count",
            |m, p, d| {
                d[8] = -1.0;
                m.logpdf(p, d).unwrap_err()
            },
            |e| matches!(e, DomainError::Value { what: "datum", index: 8, value: -1.0, .. }),
            "finite and not negative",
        ),
        (
            "negative rate",
            |m, p, _| {
                p[place(m, "mu")] = -1e3;
                m.expected_data(p).unwrap_err()
            },
            |e| matches!(e, DomainError::Rate { channel, bin: 0, rate } if channel == "signal_region" && *rate < 0.0),
            "outside the domain",
        ),
        (
            "negative rate in a later bin",
            |m, p, d| {
                p[place(m, "free_shape[1]")] = -1e3;
                m.logpdf(p, d).unwrap_err()
            },
            |e| matches!(e, DomainError::Rate { channel, bin: 1, .. } if channel == "control_region"),
            "'control_region', bin 1",
        ),
        (
            "Poisson constraint at 0",
            |m, p, d| {
                p[place(m, "fake_shape[1]")] = 0.0;
                m.logpdf(p, d).unwrap_err()
            },
            |e| matches!(e, DomainError::Constraint { name, value: 0.0 } if name == "fake_shape[1]"),
            "needs it above 0",
        ),
        (
            "infinite rate",
            |m, p, _| {
                p[place(m, "norm")] = 1e5;
                m.expected_data(p).unwrap_err()
            },
            |e| matches!(e, DomainError::Rate { rate, .. } if rate.is_infinite()),
            "is inf",
        ),
    ];
    let (workspace, model) = valid();
    for (name, ask, expected, words) in cases {
        let (mut parameters, mut data) = (model.suggested_init().to_vec(), workspace.data(&model));
        let error = ask(&model, &mut parameters, &mut data);
        assert!(expected(&error), "{name}: {error:?}");
        assert!(error.to_string().contains(words), "{name}: '{words}' is not in: {error}");
    }
}

#[test]
fn events_where_none_are_expected_are_refused() {
    let mut json = fixture();
    set(&mut json, "/channels/1/samples/0/data/2", json!(0.0));
    let (workspace, model) = compile(json).expect("an empty bin is no error in itself");
    let mut parameters = model.suggested_init().to_vec();
    let data = workspace.data(&model);
    assert!(model.logpdf(&parameters, &data).expect("other samples fill the bin").is_finite());
    parameters[place(&model, "free_shape[2]")] = 0.0;
    let error = model.logpdf(&parameters, &data).expect_err("nothing is expected");
    let channel = "control_region".to_owned();
    assert_eq!(error, DomainError::EmptyBin { channel, bin: 2, count: 99.0 });
    assert!(error.to_string().contains("expects 0 events, but 99 are observed"), "{error}");
    let mut none = data;
    none[2] = 0.0;
    assert!(model.logpdf(&parameters, &none).expect("no events, none expected").is_finite());
}
