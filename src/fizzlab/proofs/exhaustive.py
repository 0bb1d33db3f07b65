"""Nets of fixed width: what they say of every integer that they can be asked about.

A binary net of 10 bits can be asked 1024 questions. All of them are asked, and then nothing is left
to estimate. An answer counts as right (or wrong) only where no order of float32 sums could change
it; where one could, it counts as close, and the net is not called proved.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import nn

from fizzlab.configuration import Document
from fizzlab.encodings import Encoding
from fizzlab.errors import UsageError
from fizzlab.evaluation import predict_labels
from fizzlab.nets import check_logits
from fizzlab.proofs.bounds import layers_of
from fizzlab.proofs.exact import ExactNet
from fizzlab.proofs.perturbation import Perturbation, perturbation
from fizzlab.proofs.scores import ForeignNet, LayeredNet
from fizzlab.rules import Rule
from fizzlab.runs.session import one_thread
