namespace BlobCaptioner.Records;

/// <summary>How the text was sampled, as <see cref="Profiles.SamplingOptions"/> has it.</summary>
/// <param name="Temperature">0 is greedy.</param>
/// <param name="TopP">Nucleus.</param>
/// <param name="TopK">Most tokens to choose from; 0 is all.</param>
/// <param name="PresencePenalty">Off the logit of written tokens.</param>
/// <param name="Seed">The profile's seed; each picture's own random numbers start from it and the picture's bytes.</param>
public sealed record RecordSampler(float Temperature, float TopP, int TopK, float PresencePenalty, ulong Seed);
