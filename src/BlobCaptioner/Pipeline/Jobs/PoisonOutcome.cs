namespace BlobCaptioner.Pipeline.Jobs;

/// <summary>What became of a poison message, and why.</summary>
/// <param name="Result">What became of it.</param>
/// <param name="Name">The image's name; null where the message tells none.</param>
/// <param name="Reason">Why it had been given up, or why it was kept.</param>
public sealed record PoisonOutcome(PoisonResult Result, string? Name, string Reason);
