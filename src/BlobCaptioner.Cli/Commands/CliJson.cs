using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using BlobCaptioner.Cli.Benchmarks;
using BlobCaptioner.Cli.Folders;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Estimates;
using BlobCaptioner.Evaluation;
using BlobCaptioner.Models;
using BlobCaptioner.Pipeline.Sweeps;

namespace BlobCaptioner.Cli.Commands;

/// <summary>JSON of the commands' results.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(AskResult))]
[JsonSerializable(typeof(BudgetResult))]
[JsonSerializable(typeof(ContainerEstimate))]
[JsonSerializable(typeof(EngineResult))]
[JsonSerializable(typeof(EvaluationReport))]
[JsonSerializable(typeof(ExportSummary))]
[JsonSerializable(typeof(IReadOnlyList<Requirement>))]
[JsonSerializable(typeof(IReadOnlyList<FileReport>))]
[JsonSerializable(typeof(IReadOnlyList<FleetForecast>))]
[JsonSerializable(typeof(IReadOnlyList<ModelListing>))]
[JsonSerializable(typeof(IReadOnlyList<ProfileListing>))]
[JsonSerializable(typeof(PictureStory))]
[JsonSerializable(typeof(ProfileCheck))]
[JsonSerializable(typeof(ProfilePromptText))]
[JsonSerializable(typeof(JsonNode))]
[JsonSerializable(typeof(StoreStatus))]
[JsonSerializable(typeof(RedoSummary))]
[JsonSerializable(typeof(SweepForecast))]
[JsonSerializable(typeof(SweepSummary))]
[JsonSerializable(typeof(UploadSummary))]
internal sealed partial class CliJson : JsonSerializerContext
{
    /// <summary>One object a line, without nulls and with non-ASCII text unescaped.</summary>
    public static CliJson Lines => field ??= new(ReportJson.OfLines(Default.Options));
}
