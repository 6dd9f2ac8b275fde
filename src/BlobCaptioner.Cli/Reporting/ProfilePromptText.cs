namespace BlobCaptioner.Cli.Reporting;

/// <summary>What the model is told; <c>captioner profile show --prompt --json</c>.</summary>
internal sealed record ProfilePromptText(string System, string Instruction);
