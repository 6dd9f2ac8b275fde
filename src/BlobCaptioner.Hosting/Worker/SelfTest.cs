using System.Globalization;
using BlobCaptioner.Captioning;
using BlobCaptioner.Images;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Hosting.Worker;

/// <summary>Describes the picture that ships inside this assembly: shows that libvips, the model and the hardware work together, and warms them up.</summary>
public static class SelfTest
{
    private const string Resource = "self-test.jpg";

    /// <summary>Prepares and describes the picture.</summary>
    /// <exception cref="CaptionException">The model could not describe it.</exception>
    public static async Task<Caption> DescribeAsync(ICaptionModel model, ImagePreparer preparer, Profile profile, CancellationToken cancellationToken)
    {
        await using var picture = typeof(SelfTest).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The assembly does not hold '{Resource}'.");
        var outcome = await preparer.PrepareAsync(picture, Resource, picture.Length, profile.ImageTokenBudget, cancellationToken);
        return outcome is PreparationOutcome.Prepared prepared
            ? await model.DescribeAsync(new() { Jpeg = prepared.Jpeg, Name = Resource }, profile, cancellationToken)
            : throw new InvalidOperationException($"The picture '{Resource}' was rejected: {((PreparationOutcome.Rejected)outcome).Message}");
    }

    /// <summary>Loads the model, describes the picture and prints the result.</summary>
    /// <returns>The exit code: 0 if every text was written, else 1. An attribute may be unknown.</returns>
    public static async Task<int> RunAsync(
        CaptionModelFactory load, ImagePreparer preparer, Profile profile, TimeProvider time, TextWriter output, CancellationToken cancellationToken)
    {
        ICaptionModel? model = null;
        try
        {
            var began = time.GetTimestamp();
            model = await load(cancellationToken);
            var loaded = time.GetElapsedTime(began);
            began = time.GetTimestamp();
            var caption = await DescribeAsync(model, preparer, profile, cancellationToken);
            var info = model.Info;
            await output.WriteLineAsync($"{info.Name} on {info.Engine} ({info.Hash[..Math.Min(12, info.Hash.Length)]})");
            foreach (var field in caption.Fields)
            {
                await output.WriteLineAsync($"  {field.Name}: {field.Value}");
            }

            var took = time.GetElapsedTime(began);
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"loaded in {loaded.TotalSeconds:F1} s, described in {took.TotalSeconds:F2} s"));
            var empty = caption.Fields.FirstOrDefault(f => f.Language is not null && string.IsNullOrWhiteSpace(f.Value));
            await output.WriteLineAsync(empty is null ? "self-test passed" : $"self-test failed: the model wrote nothing for '{empty.Name}'");
            return empty is null ? 0 : 1;
        }
        catch (Exception error) when (error is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            await output.WriteLineAsync($"self-test failed: {error.Message}");
            return 1;
        }
        finally
        {
            await CaptionWorker.DisposeAsync(model);
        }
    }
}
