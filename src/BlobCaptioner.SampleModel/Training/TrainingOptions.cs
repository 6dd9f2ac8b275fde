namespace BlobCaptioner.SampleModel.Training;

/// <summary>Settings of a training run.</summary>
internal sealed record TrainingOptions
{
    /// <summary>Folder for weights, tokens and GGUF files.</summary>
    public required string Directory { get; init; }

    /// <summary>Pictures in the training set. Each is seen several times with other mirroring, shift and light.</summary>
    public int Pictures { get; init; } = 80_000;

    /// <summary>Steps that train the vision tower alone, on <see cref="LabelHeads"/>.</summary>
    public int VisionSteps { get; init; } = 6_000;

    /// <summary>Steps that train the whole model on answers.</summary>
    public int Steps { get; init; } = 4_000;

    /// <summary>Pictures in a step on answers.</summary>
    public int BatchSize { get; init; } = 20;

    /// <summary>Pictures in a step on labels.</summary>
    public int VisionBatchSize { get; init; } = 40;

    /// <summary>Highest learning rate.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Threads of libtorch. Another number sums in another order and gives another model.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>True to continue from the weights in <see cref="Directory"/>.</summary>
    public bool Resume { get; init; }
}
