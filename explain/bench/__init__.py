"""What explaining costs, beside plain captum and shap: `python -m explain.bench`."""
