//! Workspaces that break one rule each.

use diffhep::histfactory::{Workspace, WorkspaceError as E, WorkspaceModel};
use diffhep::kernels::interpolation::Interpolation;
use serde_json::{Value, json};

use super::{add, cases, check, compile, fixture, push, remove, repeat_first, set, valid};

const SIGNAL: &str = "/channels/0/samples/0";
const BACKGROUND: &str = "/channels/0/samples/1";
const CONTROL: &str = "/channels/1/samples/0";
const PARAMETERS: &str = "/measurements/0/config/parameters";

fn modifier(name: &str, kind: &str, data: Value) -> Value {
    json!({ "name": name, "type": kind, "data": data })
}

#[test]
fn the_shape_of_the_document_is_checked() {
    let cases = cases! {
        "root is an array": |w| *w = json!([])
            => E::WrongType { path, expected: "an object", found: "an array" } if path == "/", "found an array";
        "root is null": |w| *w = json!(null) => E::WrongType { .. }, "expected an object, found null";
        "extra key at the root": |w| add(w, "", "comment", json!(1))
            => E::UnknownKey { path, key, .. } if path == "/" && key == "comment", "/: unknown key 'comment'";
        "extra key in a channel": |w| add(w, "/channels/1", "parameters", json!([]))
            => E::UnknownKey { path, .. } if path == "/channels/1", "allowed here: name, samples";
        "extra key in a sample": |w| add(w, SIGNAL, "yield", json!(1))
            => E::UnknownKey { path, .. } if path == SIGNAL, "'yield'";
        "extra key in a modifier": |w| add(w, "/channels/0/samples/0/modifiers/0", "parameter", json!("mu"))
            => E::UnknownKey { path, .. } if path == "/channels/0/samples/0/modifiers/0", "name, type, data";
        "extra key in histosys data": |w| add(w, "/channels/0/samples/1/modifiers/0/data", "nominal", json!([]))
            => E::UnknownKey { path, .. } if path.ends_with("/modifiers/0/data"), "lo_data, hi_data";
        "extra key in an observation": |w| add(w, "/observations/0", "bins", json!(2))
            => E::UnknownKey { path, .. } if path == "/observations/0", "'bins'";
        "extra key in a measurement": |w| add(w, "/measurements/1", "poi", json!("mu"))
            => E::UnknownKey { path, .. } if path == "/measurements/1", "name, config";
        "extra key in a configuration": |w| add(w, "/measurements/0/config", "lumi", json!(1))
            => E::UnknownKey { path, .. } if path == "/measurements/0/config", "poi, parameters";
        "extra key in a setting": |w| add(w, "/measurements/0/config/parameters/0", "paramset", json!(1))
            => E::UnknownKey { path, .. } if path == "/measurements/0/config/parameters/0", "'paramset'";
        "another version": |w| set(w, "/version", json!("1.1.0"))
            => E::Version { found } if found == "1.1.0", "expected '1.0.0', found '1.1.0'";
        "version as a number": |w| set(w, "/version", json!(1.0))
            => E::WrongType { path, expected: "a text", .. } if path == "/version", "found a number";
        "no channels": |w| set(w, "/channels", json!([])) => E::Empty { path } if path == "/channels", "at least one";
        "no samples": |w| set(w, "/channels/1/samples", json!([]))
            => E::Empty { path } if path == "/channels/1/samples", "empty";
        "no bins": |w| set(w, "/channels/0/samples/0/data", json!([]))
            => E::Empty { path } if path == "/channels/0/samples/0/data", "empty";
        "no observations": |w| set(w, "/observations", json!([]))
            => E::Empty { path } if path == "/observations", "empty";
        "no measurements": |w| set(w, "/measurements", json!([]))
            => E::Empty { path } if path == "/measurements", "empty";
        "no initial values": |w| set(w, "/measurements/0/config/parameters/1/inits", json!([]))
            => E::Empty { path } if path == "/measurements/0/config/parameters/1/inits", "empty";
        "no bounds": |w| set(w, "/measurements/0/config/parameters/1/bounds", json!([]))
            => E::Empty { path } if path == "/measurements/0/config/parameters/1/bounds", "empty";
        "a text for a yield": |w| set(w, "/channels/0/samples/0/data/1", json!("9"))
            => E::WrongType { path, expected: "a number", found: "a text" } if path == "/channels/0/samples/0/data/1", "/data/1";
        "null yields": |w| set(w, "/channels/0/samples/0/data", json!(null))
            => E::WrongType { path, expected: "an array", found: "null" } if path == "/channels/0/samples/0/data", "null";
        "a number for yields": |w| set(w, "/channels/0/samples/0/data", json!(6.0))
            => E::WrongType { expected: "an array", found: "a number", .. }, "/channels/0/samples/0/data";
        "a number for a name": |w| set(w, "/channels/0/name", json!(1))
            => E::WrongType { path, expected: "a text", .. } if path == "/channels/0/name", "found a number";
        "an object for channels": |w| set(w, "/channels", json!({}))
            => E::WrongType { path, expected: "an array", found: "an object" } if path == "/channels", "/channels";
        "normfactor with data": |w| set(w, "/channels/0/samples/0/modifiers/0/data", json!([1.0]))
            => E::WrongType { path, expected: "null", .. } if path == "/channels/0/samples/0/modifiers/0/data", "null";
        "normsys without data": |w| set(w, "/channels/0/samples/1/modifiers/1/data", json!(null))
            => E::WrongType { expected: "an object", found: "null", .. }, "/modifiers/1/data";
        "a text for fixed": |w| set(w, "/measurements/0/config/parameters/1/fixed", json!("no"))
            => E::WrongType { path, expected: "a boolean", .. } if path.ends_with("/1/fixed"), "a boolean";
    };
    check(&cases, |json| compile(json).map(drop));
}

#[test]
fn every_required_key_is_missed_by_name() {
    let required = [
        ("", "version"),
        ("", "channels"),
        ("", "observations"),
        ("", "measurements"),
        ("/channels/0", "name"),
        ("/channels/0", "samples"),
        (SIGNAL, "name"),
        (SIGNAL, "data"),
        (SIGNAL, "modifiers"),
        ("/channels/0/samples/0/modifiers/0", "name"),
        ("/channels/0/samples/0/modifiers/0", "type"),
        ("/channels/0/samples/0/modifiers/0", "data"),
        ("/channels/0/samples/1/modifiers/0/data", "lo_data"),
        ("/channels/0/samples/1/modifiers/0/data", "hi_data"),
        ("/channels/0/samples/1/modifiers/1/data", "lo"),
        ("/channels/0/samples/1/modifiers/1/data", "hi"),
        ("/observations/1", "name"),
        ("/observations/1", "data"),
        ("/measurements/0", "name"),
        ("/measurements/0", "config"),
        ("/measurements/0/config", "poi"),
        ("/measurements/0/config", "parameters"),
        ("/measurements/0/config/parameters/0", "name"),
    ];
    for (path, key) in required {
        let mut json = fixture();
        remove(&mut json, &format!("{path}/{key}"));
        let error = compile(json).expect_err(key);
        let place = if path.is_empty() { "/" } else { path };
        assert_eq!(error, E::MissingKey { path: place.to_owned(), key });
        assert!(error.to_string().starts_with(&format!("{place}: the key '{key}'")), "{error}");
    }
}

#[test]
fn names_are_unique() {
    let cases = cases! {
        "two channels": |w| {
            set(w, "/channels/1/name", json!("signal_region"));
        } => E::DuplicateName { path, kind: "channel", name } if path == "/channels/1" && name == "signal_region",
            "a second channel named 'signal_region'";
        "two samples": |w| set(w, "/channels/0/samples/2/name", json!("signal"))
            => E::DuplicateName { path, kind: "sample", .. } if path == "/channels/0/samples/2", "a second sample named 'signal'";
        "two modifiers": |w| repeat_first(w, "/channels/0/samples/1/modifiers")
            => E::DuplicateName { path, kind: "modifier", .. } if path == "/channels/0/samples/1/modifiers/3",
            "a second modifier named 'jes (histosys)'";
        "two observations": |w| repeat_first(w, "/observations")
            => E::DuplicateName { path, kind: "observation", .. } if path == "/observations/2", "'signal_region'";
        "two measurements": |w| set(w, "/measurements/1/name", json!("main"))
            => E::DuplicateName { path, kind: "measurement", .. } if path == "/measurements/1", "'main'";
        "a parameter set twice": |w| repeat_first(w, PARAMETERS)
            => E::DuplicateName { path, kind: "parameter", .. } if path == "/measurements/0/config/parameters/4", "'lumi'";
    };
    check(&cases, |json| compile(json).map(drop));
}

#[test]
fn the_same_name_with_two_types_in_one_sample_is_no_duplicate() {
    let mut json = fixture();
    push(
        &mut json,
        &format!("{BACKGROUND}/modifiers"),
        modifier("jes", "normsys", json!({"lo": 0.9, "hi": 1.1})),
    );
    compile(json).expect("histosys and normsys may share a parameter");
}

#[test]
fn channels_and_observations_fit_together() {
    let cases = cases! {
        "samples of different length": |w| set(w, "/channels/0/samples/2/data", json!([1.0, 2.0, 3.0]))
            => E::WrongLength { path, expected: 2, found: 3 } if path == "/channels/0/samples/2/data", "expected 2 numbers, found 3";
        "lo_data too short": |w| set(w, "/channels/0/samples/1/modifiers/0/data/lo_data", json!([1.0]))
            => E::WrongLength { path, expected: 2, found: 1 } if path.ends_with("/0/data/lo_data"), "found 1";
        "hi_data too long": |w| push(w, "/channels/0/samples/1/modifiers/0/data/hi_data", json!(1.0))
            => E::WrongLength { path, expected: 2, found: 3 } if path.ends_with("/0/data/hi_data"), "found 3";
        "staterror too short": |w| set(w, "/channels/0/samples/1/modifiers/2/data", json!([1.0]))
            => E::WrongLength { path, expected: 2, found: 1 } if path.ends_with("/1/modifiers/2/data"), "expected 2";
        "shapesys too long": |w| push(w, "/channels/0/samples/2/modifiers/0/data", json!(1.0))
            => E::WrongLength { path, expected: 2, found: 3 } if path.ends_with("/2/modifiers/0/data"), "found 3";
        "observation missing": |w| remove(w, "/observations/1")
            => E::MissingObservation { channel } if channel == "control_region", "control_region";
        "negative observation": |w| set(w, "/observations/0/data/1", json!(-2.0))
            => E::NegativeCount { path, found: -2.0 } if path == "/observations/0/data/1", "must not be negative, found -2";
        "observation too long": |w| push(w, "/observations/0/data", json!(2.0))
            => E::WrongLength { path, expected: 2, found: 3 } if path == "/observations/0/data", "/observations/0/data";
    };
    check(&cases, |json| compile(json).map(drop));
}

#[test]
fn modifiers_are_checked() {
    let cases = cases! {
        "unknown type": |w| set(w, "/channels/0/samples/0/modifiers/0/type", json!("normfact"))
            => E::UnknownModifierType { path, found, .. } if path == "/channels/0/samples/0/modifiers/0/type" && found == "normfact",
            "known: histosys, lumi, normfactor, normsys, shapefactor, shapesys, staterror";
        "lumi misnamed": |w| set(w, "/channels/0/samples/0/modifiers/1/name", json!("luminosity"))
            => E::LumiName { path, found } if path == "/channels/0/samples/0/modifiers/1/name" && found == "luminosity",
            "must be named 'lumi'";
        "normsys lo is 0": |w| set(w, "/channels/0/samples/1/modifiers/1/data/lo", json!(0))
            => E::NotPositive { path, found: 0.0 } if path.ends_with("/modifiers/1/data/lo"), "must be above 0, found 0";
        "normsys hi is negative": |w| set(w, "/channels/0/samples/1/modifiers/1/data/hi", json!(-1.1))
            => E::NotPositive { path, found: -1.1 } if path.ends_with("/modifiers/1/data/hi"), "found -1.1";
        "shapesys shared": |w| push(w, "/channels/0/samples/0/modifiers", modifier("fake_shape", "shapesys", json!([1.0, 1.0])))
            => E::SharedShapesys { path, name } if path == "/channels/0/samples/0/modifiers/2" && name == "fake_shape",
            "cannot be shared";
        "normfactor and normsys share": |w| set(w, "/channels/0/samples/0/modifiers/0/name", json!("norm"))
            => E::IncompatibleSharing { name, first: "normfactor", second: "normsys" } if name == "norm", "normfactor and normsys";
        "lumi and normfactor share": |w| push(w, "/channels/1/samples/1/modifiers", modifier("lumi", "normfactor", json!(null)))
            => E::IncompatibleSharing { name, first: "lumi", second: "normfactor" } if name == "lumi", "rename one";
        "shapesys and staterror share": |w| set(w, "/channels/0/samples/1/modifiers/2/name", json!("fake_shape"))
            => E::IncompatibleSharing { first: "shapesys", second: "staterror", .. }, "'fake_shape'";
        "staterror uneven": |w| {
            set(w, "/channels/1/samples/0/modifiers/1/name", json!("stat_sr"));
            push(w, "/channels/1/samples/1/modifiers", modifier("stat_sr", "staterror", json!([1.0, 1.0, 1.0])));
        } => E::UnevenStaterror { name, sample, other } if name == "stat_sr" && sample == "other" && other == "background",
            "sample 'other' carries it in other channels than sample 'background'";
        "shapefactor too short": |w| {
            set(w, "/channels/1/name", json!("validation_region"));
            set(w, "/observations/1/name", json!("validation_region"));
            push(w, "/channels/0/samples/0/modifiers", modifier("free_shape", "shapefactor", json!(null)));
        } => E::ShortShapefactor { path, name, components: 2, bins: 3, channel }
            if path == "/channels/1/samples/1/modifiers/0" && name == "free_shape" && channel == "validation_region",
            "2 components, too few for the 3 bins";
    };
    check(&cases, |json| compile(json).map(drop));
}

#[test]
fn measurements_are_checked() {
    let cases = cases! {
        "POI of no modifier": |w| set(w, "/measurements/0/config/poi", json!("mu_sig"))
            => E::MissingPoi { path, poi } if path == "/measurements/0/config/poi" && poi == "mu_sig", "'mu_sig'";
        "empty POI": |w| set(w, "/measurements/0/config/poi", json!(""))
            => E::MissingPoi { poi, .. } if poi.is_empty(), "/measurements/0/config/poi";
        "POI is a vector": |w| set(w, "/measurements/0/config/poi", json!("free_shape"))
            => E::VectorPoi { path, poi, components: 3 } if path == "/measurements/0/config/poi" && poi == "free_shape", "3 components";
        "inits too long": |w| push(w, "/measurements/0/config/parameters/1/inits", json!(1.0))
            => E::WrongLength { path, expected: 1, found: 2 } if path == "/measurements/0/config/parameters/1/inits", "expected 1";
        "factors too short": |w| remove(w, "/measurements/0/config/parameters/2/factors/1")
            => E::WrongLength { path, expected: 2, found: 1 } if path == "/measurements/0/config/parameters/2/factors", "found 1";
        "bounds too long": |w| repeat_first(w, "/measurements/0/config/parameters/1/bounds")
            => E::WrongLength { path, expected: 1, found: 2 } if path == "/measurements/0/config/parameters/1/bounds", "found 2";
        "a bound of three numbers": |w| push(w, "/measurements/0/config/parameters/1/bounds/0", json!(9.0))
            => E::WrongLength { path, expected: 2, found: 3 } if path == "/measurements/0/config/parameters/1/bounds/0", "expected 2";
        "lumi inits too long": |w| push(w, "/measurements/0/config/parameters/0/inits", json!(1.0))
            => E::WrongLength { path, expected: 1, found: 2 } if path == "/measurements/0/config/parameters/0/inits", "found 2";
        "auxdata of a free parameter": |w| add(w, "/measurements/0/config/parameters/1", "auxdata", json!([1.0]))
            => E::UnusedAttribute { path, name, attribute: "auxdata" }
            if path == "/measurements/0/config/parameters/1/auxdata" && name == "mu", "'mu' does not use 'auxdata'";
        "sigmas of a Poisson constraint": |w| add(w, "/measurements/0/config/parameters/2", "sigmas", json!([1.0, 1.0]))
            => E::UnusedAttribute { attribute: "sigmas", name, .. } if name == "fake_shape", "does not use 'sigmas'";
        "factors of a Normal constraint": |w| add(w, "/measurements/0/config/parameters/3", "factors", json!([1.0, 1.0]))
            => E::UnusedAttribute { attribute: "factors", name, .. } if name == "stat_sr", "does not use 'factors'";
        "sigmas of a normsys": |w| push(w, "/measurements/0/config/parameters", json!({ "name": "norm", "sigmas": [2.0] }))
            => E::UnusedAttribute { attribute: "sigmas", name, .. } if name == "norm", "/parameters/4/sigmas";
        "bounds reversed": |w| set(w, "/measurements/0/config/parameters/1/bounds/0", json!([8.0, 0.0]))
            => E::BoundsOrder { path, lower: 8.0, upper: 0.0 } if path == "/measurements/0/config/parameters/1/bounds/0", "8 must be below";
        "bounds equal": |w| set(w, "/measurements/0/config/parameters/1/bounds/0", json!([1.0, 1.0]))
            => E::BoundsOrder { lower: 1.0, upper: 1.0, .. }, "must be below the upper bound 1";
        "init above its bounds": |w| set(w, "/measurements/0/config/parameters/1/inits/0", json!(8.5))
            => E::InitOutsideBounds { name, init: 8.5, lower: 0.0, upper: 8.0 } if name == "mu", "8.5 lies outside [0, 8]";
        "init of a component below its bounds": |w| set(w, "/measurements/0/config/parameters/2/inits/1", json!(-1.0))
            => E::InitOutsideBounds { name, init: -1.0, .. } if name == "fake_shape[1]", "'fake_shape[1]'";
        "sigma is 0": |w| set(w, "/measurements/0/config/parameters/3/sigmas/1", json!(0.0))
            => E::NotPositive { path, found: 0.0 } if path == "/measurements/0/config/parameters/3/sigmas/1", "above 0";
        "factor is negative": |w| set(w, "/measurements/0/config/parameters/2/factors/0", json!(-25.0))
            => E::NotPositive { path, found: -25.0 } if path == "/measurements/0/config/parameters/2/factors/0", "found -25";
        "negative auxiliary count": |w| set(w, "/measurements/0/config/parameters/2/auxdata/1", json!(-1.0))
            => E::NegativeCount { path, found: -1.0 } if path == "/measurements/0/config/parameters/2/auxdata/1", "must not be negative";
        "lumi without settings": |w| remove(w, "/measurements/0/config/parameters/0")
            => E::MissingLumiSetting { path, .. } if path == PARAMETERS, "must give 'inits'";
        "lumi without inits": |w| remove(w, "/measurements/0/config/parameters/0/inits")
            => E::MissingLumiSetting { attribute: "inits", .. }, "'inits'";
        "lumi without bounds": |w| remove(w, "/measurements/0/config/parameters/0/bounds")
            => E::MissingLumiSetting { attribute: "bounds", .. }, "'bounds'";
        "lumi without auxdata": |w| remove(w, "/measurements/0/config/parameters/0/auxdata")
            => E::MissingLumiSetting { attribute: "auxdata", .. }, "'auxdata'";
        "lumi without sigmas": |w| remove(w, "/measurements/0/config/parameters/0/sigmas")
            => E::MissingLumiSetting { attribute: "sigmas", .. }, "'sigmas'";
    };
    check(&cases, |json| compile(json).map(drop));
}

#[test]
fn an_unknown_measurement_is_named_with_those_there_are() {
    let (workspace, _) = valid();
    let error = workspace.model_with(Some("third"), Interpolation::default()).expect_err("no such");
    assert_eq!(
        error,
        E::UnknownMeasurement { name: "third".to_owned(), known: "main, second".to_owned() }
    );
    assert!(error.to_string().contains("no measurement named 'third'"), "{error}");
}

#[test]
fn each_measurement_is_checked_with_its_own_settings() {
    let mut json = fixture();
    remove(&mut json, "/measurements/1/config/parameters/0");
    let workspace = Workspace::from_json(json).expect("a model of the first needs no second");
    workspace.model().expect("the first measurement is whole");
    let error =
        workspace.model_with(Some("second"), Interpolation::default()).expect_err("no lumi");
    let path = "/measurements/1/config/parameters".to_owned();
    assert_eq!(error, E::MissingLumiSetting { path, attribute: "inits" });
}

#[test]
fn settings_of_parameters_that_the_model_lacks_are_ignored() {
    let mut json = fixture();
    push(&mut json, PARAMETERS, json!({ "name": "absent", "inits": [3.0, 4.0], "sigmas": [1.0] }));
    remove(&mut json, &format!("{CONTROL}/modifiers/1"));
    compile(json).expect("as in pyhf");
}
