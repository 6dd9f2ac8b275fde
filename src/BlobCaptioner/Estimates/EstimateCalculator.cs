using System.Globalization;
using BlobCaptioner.Captioning;
using BlobCaptioner.Profiles;

namespace BlobCaptioner.Estimates;

/// <summary>Calculates an estimate from the times and tokens of a sample.</summary>
internal static class EstimateCalculator
{
    private const int FewPictures = 5;

    /// <summary>Calculates an estimate.</summary>
    /// <param name="request">Prices and number of machines.</param>
    /// <param name="model">The model that was measured.</param>
    /// <param name="pictures">The sample, one picture or more.</param>
    /// <param name="images">Pictures in the container.</param>
    /// <param name="outstanding">Of these, those that are to be described.</param>
    public static ContainerEstimate Calculate(EstimateRequest request, ICaptionModel model, IReadOnlyList<SampledPicture> pictures, long images, long outstanding)
    {
        var described = pictures.Where(p => p.Usage is not null).ToList();
        var rejected = pictures.Count(p => p.Error is not null && !p.IsFailed);

        // Mean over all listed pictures. Those that never reach the model take no time and no tokens.
        var seconds = SampleStatistics.Mean([.. pictures.Select(p => p.Elapsed.TotalSeconds / model.Concurrency)]);
        Interval? cost = request is { InputPricePerMillion: { } input, OutputPricePerMillion: { } output }
            ? SampleStatistics.Mean([.. pictures.Select(p => p.Usage is { } used ? (double)((Input(used) * input) + (used.OutputTokens * output)) / 1e6 : 0)])
            : null;
        return new()
        {
            Model = model.Info,
            Concurrency = model.Concurrency,
            Sampled = pictures.Count,
            Described = described.Count,
            Rejected = rejected,
            Failed = pictures.Count(p => p.IsFailed),
            RejectedShare = SampleStatistics.Share(rejected, pictures.Count),
            PicturesPerMinute = Mean(described, p => p.Elapsed.TotalSeconds / model.Concurrency)?.Divide(60),
            InputTokens = Mean(described, p => Input(p.Usage!)),
            OutputTokens = Mean(described, p => p.Usage!.OutputTokens),
            PreparationMs = pictures.Average(p => p.Preparation.TotalMilliseconds),
            All = Work(images),
            Outstanding = Work(outstanding),
            Currency = request.Currency,
            Cautions = [.. Cautions(request, pictures, described.Count)],
            Error = pictures.FirstOrDefault(p => p.Error is not null)?.Error,
        };

        WorkEstimate Work(long count)
        {
            var hours = described.Count == 0 ? null : seconds.Scale(count / 3600.0);
            return new()
            {
                Images = count,
                Hours = hours?.Scale(1.0 / request.Gpus),
                GpuCost = request.GpuPricePerHour is { } price ? hours?.Scale((double)price) : null,
                TokenCost = described.Count == 0 ? null : cost?.Scale(count),
            };
        }
    }

    private static Interval? Mean(List<SampledPicture> pictures, Func<SampledPicture, double> value) =>
        pictures.Count == 0 ? null : SampleStatistics.Mean([.. pictures.Select(value)]);

    private static int Input(CaptionUsage usage) => usage.PromptTokens + usage.ImageTokens;

    private static IEnumerable<string> Cautions(EstimateRequest request, IReadOnlyList<SampledPicture> pictures, int described)
    {
        if (described == 0)
        {
            yield return "No picture of the sample was described, so time and cost are unknown.";
        }
        else if (described == 1)
        {
            yield return "One picture says nothing about the spread: there are no error bars. Take 20 or more.";
        }
        else if (described < FewPictures)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{described} pictures are few: error bars from fewer than {FewPictures} are hardly more than a guess. Take 20 or more.");
        }

        if (pictures.Any(p => p.IsFailed))
        {
            yield return "Pictures failed in the sample; a real run tries them again, which takes longer than this says.";
        }

        if (request.Profile.Grouping != ProfileGrouping.None || pictures.Any(p => p.Request is { Profile.Grouping: not ProfileGrouping.None }))
        {
            yield return "The profile groups views by product; each picture was taken as a product of its own, so this is an upper limit.";
        }
    }
}
