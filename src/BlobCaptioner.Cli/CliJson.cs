using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using BlobCaptioner.Cli.Benchmarks;
using BlobCaptioner.Cli.Folders;
using BlobCaptioner.Cli.Hosting;
using BlobCaptioner.Cli.LocalStack;
using BlobCaptioner.Cli.Reporting;
using BlobCaptioner.Estimates;
using BlobCaptioner.Evaluation;
using BlobCaptioner.Models;
using BlobCaptioner.Pipeline.Sweeps;

namespace BlobCaptioner.Cli;

/// <summary>What the command line reads and writes as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(AskResult))]
[JsonSerializable(typeof(AzuriteState))]
[JsonSerializable(typeof(ContainerEstimate))]
[JsonSerializable(typeof(EngineResult))]
[JsonSerializable(typeof(EvaluationReport))]
[JsonSerializable(typeof(ExportSummary))]
[JsonSerializable(typeof(IReadOnlyList<Requirement>))]
[JsonSerializable(typeof(IReadOnlyList<FileReport>))]
[JsonSerializable(typeof(IReadOnlyList<FleetForecast>))]
[JsonSerializable(typeof(IReadOnlyList<ModelListing>))]
[JsonSerializable(typeof(ModelLine))]
[JsonSerializable(typeof(PipelineResult))]
[JsonSerializable(typeof(IReadOnlyList<ProfileListing>))]
[JsonSerializable(typeof(ProfileCheck))]
[JsonSerializable(typeof(ProfilePromptText))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonNode))]
[JsonSerializable(typeof(ReportLine))]
[JsonSerializable(typeof(StoreStatus))]
[JsonSerializable(typeof(RedoSummary))]
[JsonSerializable(typeof(SweepForecast))]
[JsonSerializable(typeof(SweepSummary))]
[JsonSerializable(typeof(UploadSummary))]
internal sealed partial class CliJson : JsonSerializerContext
{
    /// <summary>One object a line. "Relaxed" leaves non-ASCII text as it is: this is output for people and programs, not part of a page.</summary>
    public static CliJson Lines => field ??= new(new JsonSerializerOptions(Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    });
}
