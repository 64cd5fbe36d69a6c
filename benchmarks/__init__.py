"""What things cost, measured: the maps beside captum and shap, growth with work, and the running page."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
