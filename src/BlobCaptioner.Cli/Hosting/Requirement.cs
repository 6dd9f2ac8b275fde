namespace BlobCaptioner.Cli.Hosting;

/// <summary>One thing that the program needs on a machine, and whether it is there.</summary>
/// <param name="Name">What it is, for people.</param>
/// <param name="State">Whether it is there.</param>
/// <param name="Found">What was found.</param>
/// <param name="Remedy">What puts it right, as a command where there is one; null where nothing has to be done.</param>
public sealed record Requirement(string Name, RequirementState State, string Found, string? Remedy = null);
