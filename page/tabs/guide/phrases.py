"""What the Guide tab says whatever was measured: classes, limits and signs to distrust."""

# Class -> its picture in examples/, what that shows, what tells the class apart, what it is taken for.
SHAPES = {
    "sedan": (
        "sedan_4.jpg",
        "A sedan from the side: bonnet, cabin with four doors, and a boot of its own",
        "Three boxes: bonnet, cabin, boot. Four doors, and the roof ends before the boot begins.",
        "A low one with a sloping rear looks like a coupe.",
    ),
    "coupe": (
        "coupe_4.jpg",
        "A coupe from the side: two doors and a low roof that slopes down to the tail",
        "Two doors, a low roof that slopes to the tail, and side windows that taper.",
        "From the front, where doors and tail are hidden, it looks like a sedan.",
    ),
    "suv": (
        "suv_4.jpg",
        "An SUV from the side: tall, with a long upright cabin and high wheel arches",
        "Tall, with a long upright cabin that reaches to the tail and much room above the wheels.",
        "A low one looks like a large hatchback, which is no class here.",
    ),
    "truck": (
        "truck_4.jpg",
        "A pickup truck from the side: a short cabin and an open bed behind it",
        "A pickup: a cabin in front, an open bed behind it.",
        "With a covered bed, or from the front, it looks like an SUV.",
    ),
}

# What the networks cannot do; facts.py adds a figure to those of its names.
LIMITS = {
    "novelty": ("They answer for any picture.", "A cat gets a body style too."),
    "classes": (
        "They know four classes.",
        "Hatchbacks, vans, wagons and convertibles are called whatever comes nearest.",
    ),
    "views": (
        "Front and rear views are weak.",
        "Most training photos show a car at an angle from the front; straight on, what tells the classes "
        "apart is hidden.",
    ),
    "size": ("The car should fill the picture.", ""),
    "border": (
        "Frames and banners may count.",
        "Many training photos carry those of dealers, unevenly between the classes.",
    ),
    "sense": (
        "A map is not a reason.",
        "It says what a network relied on, not whether that was sensible or would convince a person.",
    ),
}

# Who computes a map: what it needs, and when to distrust it.
ENGINES = {
    "The fused engine": (
        "Fast, and used where it is proven to give the network’s own answers: convolutions, pools and fully "
        "connected layers that run one after the other, as in the networks that come along. Its maps are "
        "those of captum and shap, many times sooner.",
        "Nothing is said under its maps.",
    ),
    "captum and shap": (
        "The libraries, for every other network: with skip connections, other activations, attention. Under "
        "their maps stands “by captum’s …” or “by shap’s …”. Grad-CAM needs a convolution whose outputs "
        "lie on a grid; without one its row says so.",
        "They take seconds to minutes.",
    ),
    "shap’s GradientExplainer": (
        "Where shap’s DeepExplainer has no rule for a layer, or a layer is used twice, its sum does not hold "
        "and this one steps in. It averages gradients at 200 random points, so its sum misses the score; the "
        "gap under the map says by how much.",
        "Distrust it as far as the gap is wide, and its finest detail most.",
    ),
}

# Sign, what it means, where it is shown.
DISTRUST = (
    (
        "The gap is red.",
        "The map does not add up to the score that it should explain.",
        "Explain, under the map",
    ),
    (
        "It does not beat both controls.",
        "Random places or the mere middle of the photo name what matters as well as the map does.",
        "Explain, under the map; Trust",
    ),
    (
        "The border weighs more than 1.0×.",
        "The network may read a banner or the background instead of the car.",
        "Trust, where does their weight lie",
    ),
    (
        "The two networks disagree.",
        "At least one is wrong; compare what they rely on.",
        "Explain, at the top",
    ),
    (
        "The picture looks unlike cars.",
        "The answer is one of four classes all the same.",
        "Explain, under the verdict",
    ),
    (
        "The map changes under invisible noise.",
        "If it changes by as much as the map itself, details of it mean nothing.",
        "Trust, a button runs the test",
    ),
    (
        "The map survives random weights.",
        "Then it shows the photo, not what the network learnt.",
        "Trust, a button runs the test",
    ),
)
