// Front ends import this room alone; the values of the rooms below that stand in its interface come with it.
@_exported public import Analysis
@_exported public import Checkpoints
@_exported public import Dialects
@_exported public import Tensors
