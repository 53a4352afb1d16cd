"""Peak memory of CTC alone and of CTC with the center loss.

usage: benchmarks/center_memory.py [--batch 128] [--steps 80] [--classes 6625] [--width 96] [--rounds 3]

Each arm runs in processes of its own, in turn; one forward and backward of the losses. The peak is that of
the whole process, so the difference is what the center loss needs on top.
"""

import argparse
import os
import resource
import subprocess
import sys
from statistics import median

TARGET_MB = 200
LABEL = 25
"""Characters of a label."""
ARMS = ("ctc", "ctc + center")


def measure(args: argparse.Namespace) -> None:
    """Run one arm in this process and print the peak in MB."""
    import paddle

    import ppocr_lite.losses  # noqa: F401 - registers the parts
    from ppocr_lite.losses.combined import CombinedLoss

    parts: list[dict[str, dict[str, object]]] = [{"CTCLoss": {"weight": 1.0}}]
    if args.arm == ARMS[1]:
        parts.append({"CenterLoss": {"weight": 0.05, "num_classes": args.classes, "feat_dim": args.width}})
    loss = CombinedLoss(parts)
    paddle.seed(1)
    logits = paddle.randn([args.batch, args.steps, args.classes])
    feats = paddle.randn([args.batch, args.steps, args.width])
    logits.stop_gradient = feats.stop_gradient = False
    batch = {
        "label": paddle.randint(1, args.classes, [args.batch, LABEL]).astype("int32"),
        "length": paddle.full([args.batch], LABEL, "int64"),
    }
    loss({"logits": logits, "feats": feats}, batch)["loss"].backward()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)  # Linux counts in kB


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--steps", type=int, default=80, help="time steps of a line")
    parser.add_argument("--classes", type=int, default=6625)
    parser.add_argument("--width", type=int, default=96, help="of the features")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--arm", choices=ARMS, help="measure this one, in this process")
    args = parser.parse_args()
    if args.arm:
        measure(args)
        return 0
    shape = [f"--{name}={getattr(args, name)}" for name in ("batch", "steps", "classes", "width")]
    peaks: dict[str, list[float]] = {arm: [] for arm in ARMS}
    for _ in range(args.rounds):
        for arm in ARMS:
            command = [sys.executable, __file__, *shape, "--arm", arm]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=os.environ)
            peaks[arm].append(float(done.stdout.split()[-1]))
    plain, center = (median(peaks[arm]) for arm in ARMS)
    print(
        f"batch {args.batch}, T {args.steps}, {args.classes} classes, features of {args.width}; "
        f"{args.rounds} rounds, medians"
    )
    for arm in ARMS:
        print(f"  {arm:12s} {median(peaks[arm]):8.0f} MB")
    verdict = "within" if center - plain <= TARGET_MB else "above"
    print(f"  difference   {center - plain:8.0f} MB ({verdict} {TARGET_MB} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
