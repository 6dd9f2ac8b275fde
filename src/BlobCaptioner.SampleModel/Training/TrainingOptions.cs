namespace BlobCaptioner.SampleModel.Training;

/// <summary>How to train.</summary>
internal sealed record TrainingOptions
{
    /// <summary>Where weights, tokens and GGUF files go.</summary>
    public required string Directory { get; init; }

    /// <summary>Pictures to draw; each is seen several times, mirrored, moved and lit in other ways.</summary>
    public int Pictures { get; init; } = 80_000;

    /// <summary>Steps that train the vision tower alone, on <see cref="LabelHeads"/>.</summary>
    public int VisionSteps { get; init; } = 6_000;

    /// <summary>Steps that train all of it on answers.</summary>
    public int Steps { get; init; } = 4_000;

    /// <summary>Pictures in a step on answers.</summary>
    public int Rows { get; init; } = 20;

    /// <summary>Pictures in a step on labels.</summary>
    public int VisionRows { get; init; } = 40;

    /// <summary>Highest learning rate.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Threads of libtorch. Another number sums in another order, which gives another model.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>True to go on from the weights in <see cref="Directory"/>.</summary>
    public bool Resume { get; init; }
}
