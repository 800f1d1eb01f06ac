//! All objectives, on the notebook's toy.

use diffhep::analyses::cut::FigureOfMerit;
use serde_json::Value;

use super::{folder, number, result};

#[test]
fn every_objective_runs_and_only_p_values_have_one() {
    let folder = folder("cut_objectives");
    for (name, objective) in FigureOfMerit::TABLE {
        let words = format!("--objective {name} --background-uncertainty 0.05");
        let found = result(&folder, &format!("{words} --steps 5 --scan 20:70:21"));
        assert_eq!(found["objective"], name);
        for judged in ["hard", "soft", "hard_at_soft_cuts", "no_cut"] {
            let significance = number(&found[judged]["significance"]);
            assert!(significance > 0.0 && significance < 6.0, "{name}: {judged} {significance}");
            let p_value = found[judged].get("p_value");
            assert_eq!(p_value.is_some(), objective.fits(), "{name}: {judged}");
            assert!(p_value.is_none_or(|p| (1e-9..0.5).contains(&number(p))), "{name}: {judged}");
        }
        // The descent improves the significance, and refinement does not lose the gain.
        let climbed = number(&found["soft_significance"]);
        assert!(climbed > number(&found["no_cut"]["significance"]), "{name}");
        let hard = number(&found["hard_at_soft_cuts"]["significance"]);
        assert!(number(&found["significance"]) >= hard, "{name}");
    }
}

#[test]
fn p0_is_the_asimov_significance_with_the_same_uncertainty() {
    let folder = folder("cut_p0");
    let run = |objective: &str| {
        let shared = "--background-uncertainty 0.05 --steps 1 --learning-rate 1e-9 --refine false";
        result(&folder, &format!("--objective {objective} {shared} --scan 20:70:11"))
    };
    let (p0, formula) = (run("p0"), run("asimov-uncertainty"));
    for key in ["significance", "soft_significance", "significance_no_cut"] {
        let [p0, formula] = [&p0, &formula].map(|found| number(&found[key]));
        assert!((p0 / formula - 1.0).abs() < 1e-6, "{key}: {p0} {formula}");
    }
    let scans =
        [&p0, &formula].map(|found| found["scan"]["significance"].as_array().expect("a list"));
    for (p0, formula) in scans[0].iter().zip(scans[1]) {
        let (p0, formula) = (number(p0), number(formula));
        assert!((p0 - formula).abs() < 1e-6 * formula.max(1e-3), "{p0} {formula}");
    }
}

/// Cuts far beyond the signal leave too little of it to be tested, which must not stop the scan.
#[test]
fn a_scan_beyond_the_signal_says_nothing_there() {
    let folder = folder("cut_beyond");
    for objective in ["p0", "cls"] {
        let words = format!("--toy narrow-signal --objective {objective} --cut x>20 --steps 5");
        let found = result(&folder, &words);
        let scan = found["scan"]["soft_significance"].as_array().expect("a list");
        // There p0 is 1/2, a significance of 0, and CLs is 1, a significance of minus infinity and
        // thus null.
        match scan.last().expect("cuts") {
            Value::Null => assert_eq!(objective, "cls"),
            last => assert!(number(last) < 1e-6, "{objective}: {last}"),
        }
        assert!(number(&found["scan"]["best_significance"]) > 5.0, "{objective}");
    }
}
