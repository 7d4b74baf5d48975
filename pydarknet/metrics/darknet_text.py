"""The text of Darknet's ``detector map``."""

from __future__ import annotations

from .result import DetectionMetrics


def darknet_text(metrics: DetectionMetrics) -> str:
    """What Darknet prints for these numbers, line by line, so that scripts that read it go on.

    compat: with nothing found Darknet prints nan for precision and F1; here it is 0.

    Args:
        metrics: of Darknet's protocol.
    """
    lines = [
        "",
        f" detections_count = {metrics.detections}, unique_truth_count = {metrics.truths.sum()}  ",
    ]
    for number, name in enumerate(metrics.names):
        lines.append(
            f"class_id = {number}, name = {name}, ap = {100 * metrics.ap[number]:.2f}%   \t "
            f"(TP = {metrics.tp[number]}, FP = {metrics.fp[number]}) "
        )
    used = "Area-Under-Curve for each unique Recall"
    if metrics.points:
        used = f"{metrics.points} Recall-points"
    lines += [
        "",
        f" for conf_thresh = {metrics.threshold:.2f}, precision = {metrics.precision:.2f}, "
        f"recall = {metrics.recall:.2f}, F1-score = {metrics.f1:.2f} ",
        f" for conf_thresh = {metrics.threshold:.2f}, TP = {metrics.tp.sum()}, "
        f"FP = {metrics.fp.sum()}, FN = {metrics.fn.sum()}, "
        f"average IoU = {100 * metrics.average_iou:.2f} % ",
        "",
        f" IoU threshold = {100 * metrics.iou_threshold:2.0f} %, used {used} ",
        f" mean average precision (mAP@{metrics.iou_threshold:.2f}) = {metrics.map:f}, "
        f"or {100 * metrics.map:.2f} % ",
    ]
    return "\n".join(lines)
