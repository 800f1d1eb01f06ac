//! All objectives, and the shape systematics that p0 and cls profile.

use diffhep::analyses::cut::FigureOfMerit;
use serde_json::Value;

use super::{FAST, FILES, assert_close, folder, number, result, write, write_events};

#[test]
fn every_objective_runs_and_only_p_values_have_one() {
    let folder = folder("binning_objectives");
    write_events(&folder);
    for (name, objective) in FigureOfMerit::TABLE {
        let uncertainty = if objective.has_uncertainty() { "0.05" } else { "0" };
        let words = format!(
            "--objective {name} --background-uncertainty {uncertainty} --bins 3 --epochs 30"
        );
        let found = result(&folder, &format!("{FILES} {FAST} {words}"));
        assert_eq!(found["objective"], name);
        let found = &found["results"][0];
        let judged =
            [found, &found["descent"]["soft"], &found["descent"]["hard"], &found["equidistant"]];
        for one in judged {
            let significance = number(&one["significance"]);
            assert!(significance > 1.0 && significance < 6.0, "{name}: {significance}");
            assert_eq!(one.get("p_value").is_some(), objective.fits(), "{name}");
            let has_p = |p| (1e-9..0.2).contains(&number(p));
            assert!(one.get("p_value").is_none_or(has_p), "{name}: {one}");
        }
        let [best, even] = [found, &found["equidistant"]].map(|one| number(&one["significance"]));
        assert!(best > even, "{name}: {best}, bins of equal width {even}");
        assert_eq!(found.get("asimov_optimised").is_some(), objective.fits(), "{name}");
        assert_eq!(found.get("exact").is_none(), objective.fits(), "{name}");
    }
}

/// Without systematics the median discovery p-value corresponds to the Asimov significance.
#[test]
fn p0_is_the_asimov_significance() {
    let folder = folder("binning_p0");
    write_events(&folder);
    let of = |objective: &str| {
        let words = format!("--bins 4 --epochs 1 --learning-rate 1e-9 --objective {objective}");
        result(&folder, &format!("{FILES} {FAST} {words}"))["results"][0].clone()
    };
    let (p0, asimov) = (of("p0"), of("asimov"));
    for key in ["equidistant", "hard"] {
        let judged = |found: &Value| match key {
            "hard" => number(&found["descent"]["hard"]["significance"]),
            _ => number(&found[key]["significance"]),
        };
        assert_close(judged(&p0), judged(&asimov), 1e-6);
    }
    let (optimised, exact) = (&p0["asimov_optimised"], &asimov["exact"][0]);
    assert_eq!(optimised["boundaries"], exact["boundaries"]);
    assert_close(number(&optimised["significance"]), number(&exact["significance"]), 1e-6);
}

/// Settings for an objective, with a shape that affects bins near 1 most.
fn settings(objective: &str) -> String {
    format!(
        "columns = [\"score=0:1\"]\nbins = [3]\nobjective = \"{objective}\"\nsimulation-uncertainty = true\n\
         [[signal]]\nfile = \"s.csv\"\n[[background]]\nfile = \"ttbar.csv\"\n\
         [[background.shape]]\nname = \"scale\"\nup = \"ttbar_up.csv\"\ndown = \"ttbar_down.csv\"\n\
         [[background]]\nfile = \"w.csv\"\n\
         [[background.shape]]\nname = \"tilt\"\nup-weight = \"weight_up\"\ndown-weight = \"weight_down\"\n"
    )
}

/// Bins optimised for the objective are better by that objective than those optimised for the
/// Asimov significance.
#[test]
fn shapes_count_for_p_values_alone() {
    let folder = folder("binning_shapes");
    write_events(&folder);
    for objective in ["p0", "cls"] {
        write(&folder, "shapes.toml", &settings(objective));
        let words = format!("--config shapes.toml --epochs 60 {FAST}");
        let [with, without] = ["true", "false"].map(|profile| {
            result(&folder, &format!("{words} --shape-systematics {profile}"))["results"][0].clone()
        });
        let p = |judged: &Value| number(&judged["p_value"]);
        assert!(p(&with) <= p(&with["asimov_optimised"]), "{objective}: {with}");
        assert!(p(&with) < p(&with["equidistant"]), "{objective}: {with}");
        assert!(p(&with["equidistant"]) > p(&without["equidistant"]), "{objective}");
        let of_descent = |found: &Value| found["descent"]["hard"]["boundaries"].clone();
        assert_ne!(of_descent(&with), of_descent(&without), "{objective}");
    }
    let of = |profile: &str| {
        let words =
            format!("--config shapes.toml --objective asimov-uncertainty --epochs 5 {FAST}");
        result(&folder, &format!("{words} --shape-systematics {profile}"))["results"].clone()
    };
    assert_eq!(of("true"), of("false"), "significances take no notice of shapes");
}
