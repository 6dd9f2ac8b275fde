namespace BlobCaptioner.Tests.Functions.Host;

/// <summary>A call of a function that is over.</summary>
internal sealed record FunctionCall
{
    /// <summary>The function's name.</summary>
    public required string Function { get; init; }

    /// <summary>What triggered it as the SDK spells it, <c>container/name</c> for a blob; null for a call by hand.</summary>
    public required string? Trigger { get; init; }

    /// <summary>What the worker answered; null where it is gone.</summary>
    public required Rpc.StatusResult? Result { get; init; }

    /// <summary>True where the function ended without an error.</summary>
    public bool Succeeded => Result?.Status == Rpc.StatusResult.Types.Status.Success;

    /// <summary>For messages of tests.</summary>
    public override string ToString() => $"{Function} {Trigger}: {Result?.Status.ToString() ?? "the worker is gone"} {Result?.Exception?.Message}";
}
