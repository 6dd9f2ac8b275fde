using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Inference;
using BlobCaptioner.Inference.Batching;
using BlobCaptioner.Profiles;
using BlobCaptioner.Profiles.Files;
using BlobCaptioner.SampleModel.Drawing;
using BlobCaptioner.SampleModel.Evaluation;
using BlobCaptioner.SampleModel.Listings;

namespace BlobCaptioner.SampleModel.Commands;

/// <summary>Runs the trained model in libtorch below the product's engine, and stores the answers that the tests compare with llama.cpp's.</summary>
internal static class EvalCommand
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        Option<string> directory = new("--dir") { Description = "Folder with weights and tokens.", DefaultValueFactory = _ => "out/sample-model" };
        Option<string?> output = new("--out") { Description = "Folder for the pictures and answers.json: every answer with its confidences and its smallest margin." };
        Option<string> profile = new("--profile") { Description = "A built-in profile.", DefaultValueFactory = _ => "default" };
        Option<string> language = new("--language") { Description = "en, de or zh.", DefaultValueFactory = _ => "en" };
        var pictures = new PictureArguments(100);
        var command = new Command("eval", "Measures the trained model in libtorch. For the exported pair use 'captioner eval'.") { directory, output, profile, language };
        pictures.AddTo(command);
        command.SetAction((parsed, cancel) => RunAsync(
            parsed.GetRequiredValue(directory), parsed.GetValue(output), parsed.GetRequiredValue(profile), parsed.GetRequiredValue(language), pictures.Read(parsed), cancel));
        return command;
    }

    private static async Task<int> RunAsync(
        string directory, string? output, string profileName, string language, (int Count, int Seed, bool Unseen) pictures, CancellationToken cancellationToken)
    {
        // greedy, so that two runs differ by arithmetic alone
        var profile = BuiltInProfiles.Get(profileName) with { Languages = [new(language)], Sampling = new SamplingOptions { Temperature = 0 } };
        var batching = new BatcherOptions { Slots = 1 };
        var decoder = new TorchDecoder(ModelFolder.Open(directory, resume: true), batching.Sequences);
        await using var model = new LocalCaptionModel(decoder, batching);
        using var preparer = new ImagePreparer(new ImageOptions());
        var answers = new List<object>();
        var fields = TruthTable.FieldsOf(profile);
        var counts = fields.ToDictionary(f => f.Name, _ => (Correct: 0, All: 0), StringComparer.Ordinal);
        for (var i = 0; i < pictures.Count; i++)
        {
            var (name, file, label) = PictureFiles.Draw(pictures.Seed, i, pictures.Unseen);
            var prepared = (PreparationOutcome.Prepared)await preparer.PrepareAsync(file, name, profile.ImageTokenBudget, cancellationToken);
            decoder.SmallestMargin = 1;
            var caption = await model.DescribeAsync(new PreparedImage { Name = name, Jpeg = prepared.Jpeg }, profile, cancellationToken);
            foreach (var field in fields)
            {
                if (TruthTable.Value(field, label) is { Length: > 0 } truth && caption.Fields.FirstOrDefault(f => f.Name == field.Name) is { } found)
                {
                    var (correct, all) = counts[field.Name];
                    counts[field.Name] = (correct + (found.Value == truth ? 1 : 0), all + 1);
                }
            }

            answers.Add(new
            {
                file = name,
                margin = MathF.Round(decoder.SmallestMargin, 4),
                fields = caption.Fields.Select(f => new { f.Name, f.Value, confidence = f.Confidence is { } c ? Math.Round(c, 4) : (double?)null }),
            });
            if (output is not null)
            {
                Directory.CreateDirectory(output);
                await File.WriteAllBytesAsync(Path.Combine(output, name), file, cancellationToken);
            }
        }

        foreach (var (name, (correct, all)) in counts.Where(c => c.Value.All > 0))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-12} {correct,5} of {all,5}  {100.0 * correct / all:F1} %"));
        }

        if (output is not null)
        {
            await File.WriteAllTextAsync(Path.Combine(output, "answers.json"), JsonSerializer.Serialize(new { profile = profileName, language, pictures = answers }, s_json), cancellationToken);
        }

        return 0;
    }
}
