//! Agreement with pyhf on the models that ATLAS published.

use diffhep::histfactory::{Workspace, WorkspaceModel, apply_patch, parse};
use diffhep::inference::{
    AsymptoticCalculator, HypothesisTestOptions, fit, fixed_poi_fit, hypotest,
};

use super::common::{
    PUBLISHED, REGION_A, assert_all_relative, assert_relative, likelihoods, numbers, published,
    read_json, workspace,
};
use super::reference::check_parameters;

#[test]
#[cfg_attr(not(published_models), ignore = "no published models: set DIFFHEP_LIKELIHOODS")]
fn published_models_are_pyhfs() {
    let folder = likelihoods();
    for name in PUBLISHED {
        let (json, pyhf) = published(&folder, name);
        let workspace = workspace(&json);
        let model = workspace.model().expect("a valid model");
        let data = workspace.data(&model);
        check_parameters(name, &model, &pyhf["parameters"]);
        assert_eq!(model.poi_name(), pyhf["poi"]);
        assert_eq!(data[..model.n_bins()], numbers(&pyhf["observations"]));
        assert_eq!(model.auxiliary_data(), numbers(&pyhf["auxdata"]));
        assert_eq!(pyhf["likelihood"].as_array().map(Vec::len), Some(4));
        for (i, point) in pyhf["likelihood"].as_array().expect("points").iter().enumerate() {
            let (what, parameters) = (format!("{name}, point {i}"), numbers(&point["parameters"]));
            let Some(expected) = point["logpdf"].as_f64() else {
                let error = model.logpdf(&parameters, &data).expect_err("outside the domain");
                assert!(error.to_string().contains("outside the domain"), "{what}: {error}");
                continue;
            };
            let logpdf = model.logpdf(&parameters, &data).expect("inside the domain");
            assert_relative(&what, logpdf, expected, 1e-10);
            let rates = model.expected_data(&parameters).expect("inside the domain");
            let main = &rates[..model.n_bins()];
            assert_all_relative(&what, main, &numbers(&point["expected_main"]), 1e-10);
        }
    }
}

#[test]
#[cfg_attr(not(published_models), ignore = "no published models: set DIFFHEP_LIKELIHOODS")]
fn published_fits_converge_and_are_not_above_pyhfs() {
    let folder = likelihoods();
    for name in PUBLISHED {
        let (json, pyhf) = published(&folder, name);
        let workspace = workspace(&json);
        let model = workspace.model().expect("a valid model");
        let data = workspace.data(&model);
        for (key, report) in [
            ("free", fit(&data, &model)),
            ("poi_0", fixed_poi_fit(0.0, &data, &model)),
            ("poi_1", fixed_poi_fit(1.0, &data, &model)),
        ] {
            let report = report.unwrap_or_else(|error| panic!("{name}, {key}: {error}"));
            assert!(report.status.is_minimum(), "{name}, {key}: {:?}", report.status);
            assert!(report.steps <= 12, "{name}, {key}: {} steps", report.steps);
            let excess = report.twice_nll - pyhf["fits"][key]["twice_nll"].as_f64().expect("one");
            assert!(excess < 1e-6, "{name}, {key}: {excess:e} above pyhf");
        }
    }
}

#[test]
#[cfg_attr(not(published_models), ignore = "no published models: set DIFFHEP_LIKELIHOODS")]
fn published_p_values_are_pyhfs() {
    let folder = likelihoods();
    for name in PUBLISHED {
        let (json, pyhf) = published(&folder, name);
        let workspace = workspace(&json);
        let model = workspace.model().expect("a valid model");
        let data = workspace.data(&model);
        let options = HypothesisTestOptions::default();
        let mut calculator = AsymptoticCalculator::new(&model, &data, options).expect("a fit");
        let cls = calculator.hypotest(1.0).expect("a result");
        assert!(cls.ratio.fits().iter().all(|(_, fit)| fit.steps <= 12), "{name}: steps");
        let discovery = calculator.discovery().expect("a result");
        let pairs = [
            (vec![cls.cls_obs], vec![pyhf["cls"]["observed"].as_f64().expect("one")]),
            (cls.cls_exp.to_vec(), numbers(&pyhf["cls"]["expected"])),
            (vec![discovery.p0_obs], vec![pyhf["discovery"]["observed_p0"].as_f64().expect("one")]),
            (discovery.p0_exp.to_vec(), numbers(&pyhf["discovery"]["expected_p0"])),
        ];
        for (found, expected) in pairs {
            assert_all_relative(name, &found, &expected, 1e-4);
        }
    }
}

/// CLs and band of two points of the published grid, from pyhf 0.7.6 with JAX and a tolerance of
/// 1e-11 (`tests/reference/make_grid_reference.py`). pyhf's own regression tests pin the same
/// numbers with the noise of its default minimiser, up to 1.3e-5.
const GRID: [(&str, f64, [f64; 5]); 2] = [
    (
        "1300_205_60",
        0.24443696874783974,
        [
            0.09022628601543467,
            0.1937857532058577,
            0.38432573904356615,
            0.6557777033341983,
            0.8910430003699213,
        ],
    ),
    (
        "1400_950_60",
        0.021373265139955782,
        [
            0.002644694728369382,
            0.013976702686059455,
            0.06497296653953696,
            0.2364446597025824,
            0.5744838740189799,
        ],
    ),
];

#[test]
#[cfg_attr(not(published_models), ignore = "no published models: set DIFFHEP_LIKELIHOODS")]
fn signal_grid_points_that_add_and_remove_samples_are_pyhfs() {
    let folder = likelihoods();
    let archive = folder.join(format!("{REGION_A}.signal-grid.tar.gz"));
    let background = read_json(folder.join(format!("{REGION_A}.json")));
    for (point, observed, expected) in GRID {
        let member = format!("patch.sbottom_{point}.json");
        let output = std::process::Command::new("tar")
            .args(["--wildcards", "-xzOf"])
            .arg(&archive)
            .arg(format!("*{member}"))
            .output()
            .expect("tar runs");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let patch = parse(&text).unwrap_or_else(|error| panic!("{member}: {error}"));
        let mut json = background.clone();
        apply_patch(&mut json, &patch, &member).expect("the patch fits");
        let workspace = Workspace::from_json(json).expect("a valid workspace");
        let model = workspace.model().expect("a valid model");
        let options = HypothesisTestOptions::default();
        let result = hypotest(1.0, &workspace.data(&model), &model, &options).expect("a result");
        assert_relative(point, result.cls_obs, observed, 2e-6);
        assert_all_relative(point, &result.cls_exp, &expected, 2e-6);
    }
}
